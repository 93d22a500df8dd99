"""The kinds of place that a library's files are in, each behind one seam, `base.Store`.

`folder` is a folder of this machine. Temporary files are on this machine whatever the store is,
because what examines a picture needs a path. Nothing outside of this room asks which kind it is.
"""
