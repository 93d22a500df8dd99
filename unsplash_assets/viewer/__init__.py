"""Shows pictures on this machine: which ones are new, and the programs that open them.

Keep out the gallery's page (`gallery`) and the sensor that calls this (`defs.sensors`).
"""
