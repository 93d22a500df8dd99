"""Translates domain errors for Dagster: another try, or a failure that says what to do.

The only place that knows retry rules. A temporary error is tried again as often as
`UnsplashResource` says (10 times, 15 seconds apart); any other fails the step at once, because
another try would change nothing, or cost more of the quota.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar

import dagster as dg

from unsplash_assets.defs.resources import UnsplashResource
from unsplash_assets.errors import LibraryError, TemporaryError, UnsplashAssetsError
from unsplash_assets.library.opening import Library

INTERRUPTED: Final = "interrupted: what was not stored yet is left for another run"

_UNFORESEEN: Final = "an unforeseen error: the run's page in Dagster has it in full"


class _Result(Protocol):
    @property
    def summary(self) -> str:
        """One line."""

    @property
    def warnings(self) -> Sequence[str]:
        """One line for each thing that went wrong."""


Result = TypeVar("Result", bound=_Result)


@dataclass(frozen=True)
class Attempt:
    """One try of a step."""

    context: dg.AssetExecutionContext
    number: int
    """Counted from 1."""
    is_last: bool

    def log(self, result: Result) -> Result:
        """Log a use case's result, and return it."""
        for warning in result.warnings:
            self.context.log.warning(warning)
        self.context.log.info(result.summary)
        return result


@contextmanager
def translate_step_errors(
    context: dg.AssetExecutionContext, unsplash: UnsplashResource, library: Library
) -> Iterator[Attempt]:
    """Run a step's work; turn a domain error into a retry or a failure, and record it."""
    is_last = context.retry_number >= unsplash.retries
    attempt = Attempt(context, context.retry_number + 1, is_last)
    reason: str | None = _UNFORESEEN
    try:
        yield attempt
        reason = None
    except UnsplashAssetsError as error:
        reason = str(error)
        raise _answer(attempt, unsplash, error) from error
    except dg.DagsterExecutionInterruptedError as interruption:
        # Dagster would apply the retry policy and continue what a person has just stopped.
        reason = INTERRUPTED
        raise dg.Failure(INTERRUPTED, allow_retries=False) from interruption
    finally:
        with suppress(LibraryError):
            library.runs.report(context.run.run_id, reason)


@contextmanager
def translate_errors() -> Iterator[None]:
    """Turn a domain error into a failure that says what to do, without another try."""
    try:
        yield
    except UnsplashAssetsError as error:
        raise dg.Failure(str(error), allow_retries=False) from error


def _answer(
    attempt: Attempt, unsplash: UnsplashResource, error: UnsplashAssetsError
) -> dg.RetryRequested | dg.Failure:
    if isinstance(error, TemporaryError) and not attempt.is_last:
        tries = f"try {attempt.number} of {unsplash.retries + 1}"
        attempt.context.log.warning(f"{error} ({tries}, the next in {unsplash.retry_delay:g} s)")
        return dg.RetryRequested(unsplash.retries, unsplash.retry_delay)
    return dg.Failure(
        str(error),
        metadata={"error": type(error).__name__, "tries": attempt.number, "mode": unsplash.mode},
        allow_retries=False,
    )
