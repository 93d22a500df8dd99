"""Where files are: their names, temporary files, publishing, locks, processes, file systems.

Only this room touches a file of the library, and only it uses psutil. `names` makes the paths,
`stores` reads and writes the files, `temporary` names the temporary ones, `processes` tells which
process is alive, `groups` ends a program with all its processes, `locks` keeps processes apart,
`refusals` says what an error of the system means, `disks` warns of network folders, `sqlite_files`
looks at a catalogue from outside, `marker` and `records` tell a library from an empty folder.
`catalogue` decides which files there should be, `images.validation` what makes a file whole.
"""
