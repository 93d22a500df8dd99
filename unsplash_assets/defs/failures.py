"""What Dagster makes of a domain error: another try, or a failure that says what to do.

The only place that knows retry rules. A temporary error is tried again as often as
`UnsplashResource` says (10 times, 15 seconds apart); any other fails the step at once, for
trying again would change nothing, or cost more of the quota.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Final

import dagster as dg

from unsplash_assets.defs.resources import LibraryResource, UnsplashResource
from unsplash_assets.errors import LibraryError, TemporaryError, UnsplashAssetsError

INTERRUPTED: Final = "interrupted: what was not stored yet is left for another run"

_UNFORESEEN: Final = "an unforeseen error: the run's page in Dagster has it in full"


@dataclass(frozen=True)
class Attempt:
    """One try of a step."""

    number: int
    """Counted from 1."""
    is_last: bool


@contextmanager
def translate_step_errors(
    context: dg.AssetExecutionContext, unsplash: UnsplashResource, library: LibraryResource
) -> Iterator[Attempt]:
    """Run a step's work; turn a domain error into a retry or a failure, and write it down."""
    attempt = Attempt(context.retry_number + 1, context.retry_number >= unsplash.retries)
    trouble: str | None = _UNFORESEEN
    try:
        yield attempt
        trouble = None
    except UnsplashAssetsError as error:
        trouble = str(error)
        raise _answer(context, unsplash, attempt, error) from error
    except dg.DagsterExecutionInterruptedError as interruption:
        # Dagster would apply the retry policy, and go on with what someone has just stopped.
        trouble = INTERRUPTED
        raise dg.Failure(INTERRUPTED, allow_retries=False) from interruption
    finally:
        with suppress(LibraryError):
            library.runs.report(context.run.run_id, trouble)


@contextmanager
def translate_errors() -> Iterator[None]:
    """Turn a domain error into a failure that says what to do, at once and for good."""
    try:
        yield
    except UnsplashAssetsError as error:
        raise dg.Failure(str(error), allow_retries=False) from error


def _answer(
    context: dg.AssetExecutionContext,
    unsplash: UnsplashResource,
    attempt: Attempt,
    error: UnsplashAssetsError,
) -> dg.RetryRequested | dg.Failure:
    if isinstance(error, TemporaryError) and not attempt.is_last:
        tries = f"try {attempt.number} of {unsplash.retries + 1}"
        context.log.warning(f"{error} ({tries}, the next in {unsplash.retry_delay:g} s)")
        return dg.RetryRequested(unsplash.retries, unsplash.retry_delay)
    return dg.Failure(
        str(error),
        metadata={"error": type(error).__name__, "tries": attempt.number, "mode": unsplash.mode},
        allow_retries=False,
    )
