"""What a person does to a whole library while nothing else works on it: remake it, carry it away.

`rebuild` makes a catalogue from the files, `moving` carries the files to another place.
"""
