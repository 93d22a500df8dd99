"""The settings: every `UNSPLASH_*` variable, its default, bounds and meaning, once.

`variables` lists them, `values` parses their text (`shells` that of a viewer's command), `settings`
holds the checked values, and `environment` reads the process's environment and `.env`. No other
room reads the environment.
"""
