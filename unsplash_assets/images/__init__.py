"""What is inside a picture file: validation, the embedded credit, thumbnails, previews.

`validation` decides whether a file is a whole picture, `embedding` puts a credit into it (`xmp`
writes the credit, `crediting` reads it back, `containers` knows the file formats, `blocks` and
`jpeg` take files apart), `preview` makes small copies of what is `seen`. Only this room and
`emulator` use Pillow. `storage` knows where a file is, `model.credit` what a credit says.
"""
