"""The wall clock as a catalogue has seen it: what was recorded stays right when the clock is set.

`steps` notices that it was set, and moves what was recorded; `future` lets times in the future be
now. What is due when, and who works, is decided by those who ask.
"""
