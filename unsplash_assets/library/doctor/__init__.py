"""What of a set-up works and what does not, for `unsplash-assets doctor`: findings, one a line.

Each finding is one small function; `examination` lists them. `surroundings` looks at this process,
`places` at the library's files and catalogue, `network` at the API and its pictures.
"""
