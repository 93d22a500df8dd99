"""The gallery: the page of the newest photos, and the thumbnails on it.

`page` writes the page, `scripts` joins its script, `thumbnails` makes its small pictures; `web/`
holds the templates, the style and, in `js/`, the modules of the script. `catalogue` knows which
photos exist, `viewer` opens the page in a browser.
"""
