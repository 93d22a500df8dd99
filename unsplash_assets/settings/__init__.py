"""The settings: every `UNSPLASH_*` variable, its default, bounds and meaning, once.

`variables` lists them, `values` parses their text (`times` that of the schedule, `shells` that of a
viewer's command), `settings` holds the checked values, `projects` finds the project folder, and
`environment` reads the process's environment and the project's `.env`. No other room reads the
environment.
"""
