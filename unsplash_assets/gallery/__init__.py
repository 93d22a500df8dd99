"""The gallery: the page of the newest photos, and the thumbnails on it.

`page` writes the page, `thumbnails` its small pictures; `web/` holds the templates, the style and
the scripts. `catalogue` knows which photos exist, `viewer` opens the page in a browser.
"""
