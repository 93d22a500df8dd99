"""What the command line prints: results for people, data for programs.

Add an output here; `main` has the commands, `progress` shows how far they are, and `output` is the
way in which all of them write.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from textwrap import wrap
from typing import TYPE_CHECKING, Final, TextIO

from unsplash_assets.catalogue.browsing.listing import ListedPhoto
from unsplash_assets.catalogue.runs import EndedRun
from unsplash_assets.cli.output import say
from unsplash_assets.cli.progress import format_duration
from unsplash_assets.library.status import Status
from unsplash_assets.library.verification import FINDINGS, Verification
from unsplash_assets.model.photos import PhotoState
from unsplash_assets.model.text import printable
from unsplash_assets.settings.settings import DEMO_HINT, Settings
from unsplash_assets.unsplash.budget import clock_time
from unsplash_assets.unsplash.quota import Usage

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from unsplash_assets.library.asking.plan import Plan
    from unsplash_assets.library.offline.rebuild import Rebuilt

_LABEL_WIDTH: Final = len("last run  ")
_COUNTS: Final = ("topic", "waiting", "stored", "damaged")
_UNLIMITED: Final = 10_000
"""Columns; more than any line has."""
_BAD: Final = "bold red"


def print_verification(verification: Verification, *, hint: bool) -> None:
    """Print one line with the result of a verification, and what to do about bad files."""
    counts = {kind: verification.count(kind) for kind in FINDINGS}
    findings = ", ".join(f"{count:,} {kind}" for kind, count in counts.items() if count)
    result = findings or (_praise(verification) if verification.files else "nothing to verify")
    todo = "; unsplash-assets verify --repair downloads bad files again" if hint else ""
    size = f"{verification.files:,} files, {verification.bytes / 1e6:,.1f} MB"
    read = "" if verification.read is None else f"; {verification.read:,} of them were read"
    say(f"{size}: {result}{read}{todo}")


def _praise(verification: Verification) -> str:
    """Say that nothing was found, and no more than was looked at."""
    is_quick = verification.read is not None
    return "none has another size or time" if is_quick else "all of them whole"


def print_rebuilt(rebuilt: "Rebuilt") -> None:
    """Print what a catalogue made from the files has, and what it lacks."""
    aside = f"; the old one is {rebuilt.set_aside.name} beside it" if rebuilt.set_aside else ""
    say(printable(f"{rebuilt.photos:,} photos are in a new {rebuilt.file}{aside}"))
    say(
        "lost with the old one: favourites, bans, which photos were refused or pruned, and the "
        "URLs of these photos: if one is damaged, it cannot be repaired"
    )


def print_repairs(repaired: Sequence[str], failed: Mapping[str, str]) -> None:
    """Print which files were repaired, and why others were not."""
    for path in sorted(repaired):
        say(printable(f"repaired {path}"))
    for path, reason in sorted(failed.items()):
        say(printable(f"not repaired {path}: {reason}"))


def photo_as_line(photo: ListedPhoto) -> str:
    """Return a photo of a list as a line, with tabs between its parts."""
    mark = "★" if photo.favourite else photo.state if photo.state != PhotoState.STORED else ""
    parts = photo.id, photo.topic, photo.photographer, photo.path or "", mark
    return "\t".join(map(printable, parts)).rstrip("\t")


def upcoming_as_line(photo: ListedPhoto) -> str:
    """Return a photo that would come as a line, with tabs between its parts."""
    return "\t".join(map(printable, (photo.id, photo.photographer, photo.page_url)))


def print_plan(plan: "Plan") -> None:
    """Print how many photos are known that would come, and what it would cost."""
    if plan.wanted:
        missing = plan.wanted - len(plan.photos)
        asked_for = f", {missing:,} would be asked for" if missing else ""
        say(f"{len(plan.photos):,} of {plan.wanted:,} photos wait here{asked_for}")
        parts = {
            "to ask for photos": plan.asking,
            "download events": plan.events,
            "download events of earlier photos": plan.earlier,
        }
        costs = ", ".join(f"{count:,} {what}" for what, count in parts.items() if count)
        at_least, ending = "at least " * bool(plan.asking), "s" * (plan.cost != 1)
        cost = f"{at_least}{plan.cost:,} request{ending} ({costs})"
        say(f"cost: {cost}; {plan.free:,} are free now")
    for reason in plan.reasons:
        say(reason)
    say("dry run: nothing was asked, downloaded or changed")


def photo_as_json(photo: ListedPhoto) -> str:
    """Return a photo of a list as a line of JSON."""
    stored_at = None if photo.stored_at is None else _iso(photo.stored_at)
    return json.dumps({**vars(photo), "stored_at": stored_at}, ensure_ascii=False)


def status_as_json(status: Status, settings: Settings) -> str:
    """Return the status as JSON, for programs."""
    last = status.last_run
    content = {
        "mode": status.mode,
        "topics": [
            {
                **{name: getattr(topic, name) for name in _COUNTS},
                **({"source": source} if source else {}),
                "asked_again_at": _iso(found.until) if found else None,
            }
            for topic in status.topics
            for found in [status.exhausted.get(topic.topic)]
            for source in [status.sources.get(topic.topic)]
        ],
        "bytes": status.bytes,
        "quota": {
            "limit": status.quota.limit,
            "used": status.quota.used,
            "remaining": status.quota.remaining,
            "next_free_at": status.quota.next_free_at and _iso(status.quota.next_free_at),
        },
        "schedule": {
            "cron": str(settings.schedule),
            "timezone": str(settings.timezone),
            "next_tick_at": _iso(status.next_tick_at),
        },
        "last_run": last
        and {"topic": last.topic, "outcome": last.outcome, "ended_at": _iso(last.ended_at)},
    }
    return json.dumps(content, ensure_ascii=False, indent=2)


def print_status(status: Status, settings: Settings, now: float, output: TextIO) -> None:
    """Print the status for a person; `now` is in seconds since 1970."""
    from rich.console import Console  # noqa: PLC0415 - few commands need it

    console = Console(file=output, highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console.width = _UNLIMITED
    with console.capture() as captured:  # rich has a way of its own with a reader that is gone
        _print_parts(console, status, settings, now)
    output.write(captured.get())


def _print_parts(console: "Console", status: Status, settings: Settings, now: float) -> None:
    from rich.filesize import decimal  # noqa: PLC0415

    console.print(_table_of_topics(status))
    console.print()
    _print_labelled(
        console, "mode", status.mode + (f": {DEMO_HINT}" if status.mode == "demo" else "")
    )
    _print_labelled(console, "library", settings.place)
    _print_labelled(console, "pictures", f"{status.stored:,} stored, {decimal(status.bytes)}")
    if status.damaged:
        hint = "unsplash-assets verify --repair downloads them again"
        _print_labelled(console, "damaged", f"{status.damaged:,}: {hint}", _BAD)
    _print_labelled(console, "budget", _budget(status.quota, now))
    _print_labelled(console, "schedule", _schedule(settings, status.next_tick_at, now))
    for number, found in enumerate(status.exhausted.values()):
        _print_labelled(console, "" if number else "exhausted", found.reason)
    _print_labelled(console, "last run", _last_run(status.last_run, now))
    if status.last_run and status.last_run.error:
        _print_labelled(console, "", status.last_run.error, _BAD)


def _table_of_topics(status: Status) -> "Table":
    from rich.filesize import decimal  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table(box=None, pad_edge=False)
    table.add_column("topic", overflow="fold")
    if status.sources:
        table.add_column("source", overflow="fold")
    for column in ("waiting", "stored", "damaged", "size"):
        table.add_column(column, justify="right")
    for topic in status.topics:
        damaged = Text(f"{topic.damaged:,}", _BAD if topic.damaged else "")
        counts = f"{topic.waiting:,}", f"{topic.stored:,}", damaged
        source = [status.sources.get(topic.topic, "")] if status.sources else []
        table.add_row(topic.topic, *source, *counts, decimal(topic.bytes))
    return table


def _print_labelled(console: "Console", label: str, text: str, style: str = "") -> None:
    """Print a text beside its label, in lines that fit; never break a word such as a path."""
    width = max(console.width - _LABEL_WIDTH, _LABEL_WIDTH)
    for line in wrap(text, width, break_long_words=False, break_on_hyphens=False):
        console.print(label.ljust(_LABEL_WIDTH), end="")
        console.print(line, style=style, soft_wrap=True)
        label = ""


def _budget(quota: Usage, now: float) -> str:
    others = f", {quota.others:,} of them by another program" if quota.others else ""
    free = (
        f"next at {clock_time(quota.next_free_at, now)}"
        if quota.next_free_at
        else f"{quota.remaining:,} free"
    )
    return f"{quota.used:,} of {quota.limit:,} requests in the last hour{others}, {free}"


def _schedule(settings: Settings, next_tick_at: float, now: float) -> str:
    """Return the schedule and its next tick, in its own time zone."""
    tick, today = (datetime.fromtimestamp(at, settings.timezone) for at in (next_tick_at, now))
    moment = tick.strftime("%H:%M" if tick.date() == today.date() else "%Y-%m-%d %H:%M")
    return f"{settings.schedule}, next tick at {moment} ({settings.timezone}) while Dagster runs"


def _last_run(last: EndedRun | None, now: float) -> str:
    if last is None:
        return "none yet"
    outcome = "succeeded" if last.outcome == "success" else "failed"
    moment = datetime.fromtimestamp(last.ended_at).astimezone().strftime("%Y-%m-%d %H:%M")
    return (
        f"{last.topic}, {outcome} {format_duration(max(0.0, now - last.ended_at))} ago ({moment})"
    )


def _iso(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="seconds")
