"""The gallery: the page of the newest photos, and the thumbnails on it.

`web/` holds its templates, style and script. Which photos exist is the catalogue's to say; opening
the page in a browser is `viewer`'s.
"""
