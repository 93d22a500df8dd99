"""Where files are: their names, temporary files, publishing, locks, processes, file systems.

The only room that touches a path of the library. Which files there should be is the catalogue's to
say, what makes a file whole is decided in `images.validation`.
"""
