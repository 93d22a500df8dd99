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
from unsplash_assets.defs.runs import is_for_person
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


class Failed(dg.Failure):
    """A failure that is told by its sentence.

    Dagster's UI writes the name of a class before it, with its module unless that is `builtins`.
    """

    __module__ = "builtins"


@dataclass(frozen=True)
class Attempt:
    """One try of a step."""

    context: dg.AssetExecutionContext
    number: int
    """Counted from 1."""
    is_last: bool

    @property
    def for_person(self) -> bool:
        """Whether a person has asked for the run."""
        return is_for_person(self.context.run)

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
    reason, goes_on = _UNFORESEEN, False
    try:
        yield attempt
        reason = ""
    except UnsplashAssetsError as error:
        reason, goes_on = str(error), isinstance(error, TemporaryError) and not is_last
        if not goes_on:
            raise Failed(
                reason,
                metadata={
                    "error": type(error).__name__,
                    "tries": attempt.number,
                    "mode": unsplash.mode,
                },
                allow_retries=False,
            ) from error
        tries = f"try {attempt.number} of {unsplash.retries + 1}"
        reason += f" ({tries}, the next in {unsplash.retry_delay:g} s)"
        context.log.warning(reason)
        library.on_progress(0, reason)
        raise dg.RetryRequested(unsplash.retries, unsplash.retry_delay) from error
    except dg.DagsterExecutionInterruptedError as interruption:
        # Dagster would apply the retry policy and continue what a person has just stopped.
        reason = INTERRUPTED
        raise Failed(INTERRUPTED, allow_retries=False) from interruption
    finally:
        with suppress(LibraryError):
            library.runs.report(context.run.run_id, reason or None, goes_on=goes_on)


@contextmanager
def translate_errors() -> Iterator[None]:
    """Turn a domain error into a failure that says what to do, without another try."""
    try:
        yield
    except UnsplashAssetsError as error:
        raise Failed(str(error), allow_retries=False) from error
