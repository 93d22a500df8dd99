"""The checks of `image_file`: each asks one question about the library.

They run daily and on demand, in the job `verify`, and never in the minute's run: they read every
file, and Dagster keeps their rows for ever. Damaged files are recorded, so the next runs
repair them.
"""

from collections.abc import Iterator
from functools import partial
from typing import Final

import dagster as dg

from unsplash_assets.defs import metadata
from unsplash_assets.defs.failures import translate_errors
from unsplash_assets.defs.runs import settings_tag
from unsplash_assets.library.opening import Library
from unsplash_assets.library.verification import uncredited, verify
from unsplash_assets.settings.settings import Settings

ASSET: Final = "image_file"
WHOLE: Final = dg.AssetCheckSpec(
    "files_are_whole",
    asset=ASSET,
    description="Every stored file is there, and is byte for byte what was stored.",
)
AGREE: Final = dg.AssetCheckSpec(
    "catalogue_and_folder_agree",
    asset=ASSET,
    description="No file is missing in the folder, and none is there without a photo.",
)


def verification(
    context: dg.AssetCheckExecutionContext, library: dg.ResourceParam[Library]
) -> Iterator[dg.AssetCheckResult]:
    """Read every file once for both checks."""
    with translate_errors():
        seen = verify(library)
    missing, unknown = seen.count("missing"), seen.count("unknown")
    answers = {
        WHOLE.key: (not seen.bad, dg.AssetCheckSeverity.ERROR),
        AGREE.key: (
            not missing + unknown,
            dg.AssetCheckSeverity.ERROR if missing else dg.AssetCheckSeverity.WARN,
        ),
    }
    for key in context.selected_asset_check_keys:
        passed, severity = answers[key]
        yield dg.AssetCheckResult(
            asset_key=key.asset_key,
            check_name=key.name,
            passed=passed,
            severity=severity,
            metadata=metadata.of_verification(seen),
        )


def files_carry_their_credit(library: dg.ResourceParam[Library]) -> dg.AssetCheckResult:
    """Look for a credit in each file."""
    with translate_errors():
        without = list(uncredited(library))
    return dg.AssetCheckResult(passed=not without, metadata=metadata.of_paths(without))


def request_budget_is_kept(library: dg.ResourceParam[Library]) -> dg.AssetCheckResult:
    """Compare the requests of the last hour with the limit; a refusal alone is a warning."""
    with translate_errors():
        usage = library.budget.usage()
    too_many = usage.made > usage.limit
    return dg.AssetCheckResult(
        passed=not too_many and not usage.was_refused,
        severity=dg.AssetCheckSeverity.ERROR if too_many else dg.AssetCheckSeverity.WARN,
        metadata={"requests": usage.made, "limit": usage.limit, "refused": usage.was_refused},
    )


def build_checks(settings: Settings) -> list[dg.AssetChecksDefinition]:
    """Return the checks."""
    tags = settings_tag(settings)
    check = partial(dg.asset_check, asset=ASSET, op_tags=tags)
    return [
        dg.multi_asset_check(specs=[WHOLE, AGREE], can_subset=True, op_tags=tags)(verification),
        check(description="Every stored picture carries its photographer's credit in its file.")(
            files_carry_their_credit
        ),
        check(description="The last hour had no more requests to Unsplash than its quota allows.")(
            request_budget_is_kept
        ),
    ]
