"""Draws the emulator's pictures: scenes on a canvas.

Sizes, formats and the HTTP answers are in the rooms above.
"""
