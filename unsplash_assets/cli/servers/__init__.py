"""The commands that run a server until they are stopped: the gallery's, and the built-in Unsplash.

`commands` has both, and loads neither before it is called; `gallery` connects the page's server
with what visitors may decide.
"""
