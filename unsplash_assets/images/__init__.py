"""What is inside a picture file: validation, the embedded credit, thumbnails, previews.

Pillow is used here and in `emulator`. Where a file lies is `storage`'s, what its credit says
`model.credit`'s.
"""
