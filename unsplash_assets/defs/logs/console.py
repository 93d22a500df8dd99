"""What runs say on the console: one line a run and one a problem, without colours."""

import logging
from typing import Any, Final

import dagster as dg

from unsplash_assets.defs.logs.problems import SHOWN, Told, handler
from unsplash_assets.model.text import one_line

TELLS: Final = "image_file"
"""The asset whose summary is the line of a run."""
_ECHO: Final = "Dependencies for step "
"""How Dagster says of each further step that it does not run after another has failed."""
SILENT: Final = "verify"
"""The job whose checks log nothing: its line is that it has succeeded."""


@dg.logger(
    config_schema={"log_level": dg.Field(str, default_value="INFO", is_required=False)},
    description="One line a run and one a problem, on standard error.",
)
def console(context: dg.InitLoggerContext) -> logging.Logger:
    """Return the logger of one run."""
    level = logging.getLevelNamesMapping()[context.logger_config["log_level"].upper()]
    logger = logging.Logger("unsplash_assets", logging.DEBUG)  # noqa: LOG001 - one a run
    logger.addHandler(handler())
    logger.addFilter(OneLine(level))
    return logger


class OneLine(logging.Filter):
    """Lets through what a person should see of a run, each in one line, and each problem once."""

    def __init__(self, level: int = logging.INFO) -> None:
        super().__init__()
        self._level = level
        self._told = Told()

    def filter(self, record: logging.LogRecord) -> bool:
        """Make a record one line; return whether it is to be written."""
        text = self._line(record)
        if text is None or record.levelno < self._level:
            return False
        if record.levelno >= logging.WARNING and not self._told.is_news(text):
            return False
        run = str(_meta(record).get("run_id") or "")[:8]
        record.msg, record.args = f"run {run}: {one_line(text)[:SHOWN]}", None
        record.exc_info = record.exc_text = record.stack_info = None
        return True

    def _line(self, record: logging.LogRecord) -> str | None:
        event: dg.DagsterEvent | None = getattr(record, "dagster_event", None)
        if event is None:
            step = str(_meta(record).get("step_key") or "")
            if record.levelno < logging.WARNING and not step.endswith(TELLS):
                return None
            text = str(_meta(record).get("orig_message") or record.getMessage())
            return None if text.startswith(_ECHO) else text
        if event.is_step_failure:
            return f"{event.step_key} failed: {_reason(event)}"
        if event.event_type is dg.DagsterEventType.RUN_SUCCESS and event.job_name.endswith(SILENT):
            record.levelno, record.levelname = logging.INFO, "INFO"  # Dagster has it as DEBUG
            return f"{event.job_name} succeeded"
        if event.event_type is dg.DagsterEventType.RUN_FAILURE and not _is_of_a_step(event):
            return f"it failed: {event.message}"
        return None


def _meta(record: logging.LogRecord) -> dict[str, Any]:
    meta = getattr(record, "dagster_meta", None)
    return dict(meta) if meta else {}


def _is_of_a_step(event: dg.DagsterEvent) -> bool:
    """Return whether a run failed because of a step, which has said so."""
    return event.job_failure_data.first_step_failure_event is not None


def _reason(event: dg.DagsterEvent) -> str:
    """Return why a step failed: our own words, or the first line of a stranger's error."""
    failure = event.step_failure_data
    if failure.user_failure_data and failure.user_failure_data.description:
        return failure.user_failure_data.description
    error = failure.error and (failure.error.cause or failure.error)
    return (error.message if error else event.message or "").partition("\n")[0]
