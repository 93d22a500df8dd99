"""An Unsplash that runs here: in process for the demo, as a server for tests.

`application` speaks HTTP as the API does and `endpoints` answers its paths, with queries checked by
`parameters` and JSON from `answers`. `photos` invents the photos, `pictures` renders them with the
scenes in `drawing/`. `quota` counts requests, `faults` spoils answers on demand, `server` opens a
port. The emulator stands for the far end of the network, so it imports only errors from the rest of
the package; what calls it belongs in `transport/`.
"""
