"""Shows pictures on this machine: which ones are new, and the programs that open them.

`new_pictures` decides what to show, `programs` opens it. `gallery` writes the page, `defs.sensors`
calls this room.
"""
