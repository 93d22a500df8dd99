"""Photos to be looked through by a person, however many there are: pages, search, filters, lists.

`finding` says what a photo is found by, `pages` gives a served page its photos, and `listing` all
photos of a kind, one by one. Nothing here changes a photo.
"""
