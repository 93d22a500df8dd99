"""The settings: every `UNSPLASH_*` variable, its default, bounds and meaning, once.

`settings` lists the variables, `values` parses their text, `environment` reads the process's
environment and `.env`. No other room reads the environment.
"""
