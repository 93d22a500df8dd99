"""An Unsplash that runs here: for the demo, in process, and for tests, as a server.

`application` answers as the API does, `parameters` reads what it is asked, `photos` invents the
photos, `pictures` draws them: one of the `scenes` (`landscapes`, `buildings`, `prints`) on a
`canvas`. `quota` counts requests, `faults` misbehaves on demand, `server` opens a port. It imports
nothing of the rest but errors: it stands in for the network's far end.
"""
