"""The scenes that the emulator's pictures show, and the canvas they are painted on.

Sizes, captions and formats belong in `pictures`, one folder up.
"""
