"""The one seam that all network traffic passes: a URL in; status, headers and chunks out.

`base` says what a transport is and what bounds it keeps, `http` is the one over `requests`,
`wsgi` lets an application of this process answer in the network's place. What is asked for,
and what an answer means, is decided in `unsplash` and `library`.
"""
