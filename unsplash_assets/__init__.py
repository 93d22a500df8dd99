"""Photos from Unsplash as Dagster assets: fetched by topic, validated, credited.

Start with `definitions.py`: it is the only place where the parts meet. Each folder holds one kind
of thing, and imports point down this list only:

    cli/            what a person types and sees
    definitions.py  where the parts meet
    defs/           Dagster, one concept a file, no logic
    library/        use cases on the photos here
    gallery/        the page to look at
    viewer/         opens a picture or the page on this machine
    catalogue/      all SQL, and every change of a photo's state
    images/         what is inside a picture file
    storage/        where files are: names, temporary files, locks, processes
    unsplash/       the API: client, models, quota
    transport/      all network, one seam
    emulator/       an Unsplash that runs here
    settings/       every UNSPLASH_* variable
    model/          pure types that several rooms share
    errors.py       the error tree

Importing this package, or any module of it, has no effect.
"""
