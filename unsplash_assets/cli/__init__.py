"""What a person types and sees: commands, progress, tables.

Add a command here when a person needs one; its work belongs in `library`. click and rich are used
here and nowhere else. Only `fetch` imports Dagster, so that every other command starts quickly.
"""
