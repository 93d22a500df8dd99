"""The gallery as a web page: the whole library, live, for browsers on this machine or in the house.

`application` puts the routes together, `running` serves them, and `guard` stands before them: which
hosts are answered, and what every answer forbids a browser. Nothing here knows the use cases: what
a visitor may change, and whether all is well, is passed in (`served`). Only `cli.servers`
imports this room, so nothing else loads a web server.
"""
