"""Where files are: their names, temporary files, publishing, locks, processes, file systems.

Only this room touches a path of the library, and only it uses psutil. `names` makes the paths,
`folder` reads and writes the files, `temporary` names the temporary ones, `processes` tells which
process is alive, `disks` warns of network folders, `marker` and `records` tell a library from an
empty folder. `catalogue` decides which files there should be, `images.validation` what makes a
file whole.
"""
