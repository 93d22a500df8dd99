"""Photos from Unsplash as Dagster assets: fetched by topic, validated, credited.

Start with `definitions.py`: it is the only place where the parts meet. Each folder holds one kind
of thing, and imports point down this list only:

    cli/            what a person types and sees
    components/     the pipeline as a part of other Dagster projects
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

Importing this package, or any module of it, has no effect. Its one name, `UnsplashLibrary`, is
loaded when it is asked for: what has nothing to do with Dagster does not wait for it.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from unsplash_assets.components.unsplash_library import UnsplashLibrary

__all__ = ["UnsplashLibrary"]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - as Python defines it (PEP 562)
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from unsplash_assets.components.unsplash_library import UnsplashLibrary  # noqa: PLC0415

    return UnsplashLibrary


def __dir__() -> list[str]:
    """List what is loaded when it is asked for, too: `dg` looks for components here."""
    return sorted({*globals(), *__all__})
