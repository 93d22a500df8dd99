"""The checks of `image_file`: each asks the library a question, and reports the answer.

They run daily and on demand, in the job `verify`, and never in the minute's run: they read every
file, and Dagster keeps their rows for ever. What they find damaged is written down, so that the
next run of the topic repairs it.
"""

from collections.abc import Iterator
from typing import Final

import dagster as dg

from unsplash_assets.defs import metadata
from unsplash_assets.defs.failures import translate_errors
from unsplash_assets.defs.resources import LibraryResource
from unsplash_assets.library.verification import uncredited, verify

ASSET: Final = "image_file"
WHOLE: Final = dg.AssetCheckSpec(
    "files_are_whole",
    asset=ASSET,
    description="Every stored file is there, and is to the last byte what was stored.",
)
AGREE: Final = dg.AssetCheckSpec(
    "catalogue_and_folder_agree",
    asset=ASSET,
    description="No file is missing in the folder, and none is there that no photo has.",
)


@dg.multi_asset_check(specs=[WHOLE, AGREE], can_subset=True)
def proof(
    context: dg.AssetCheckExecutionContext, library: LibraryResource
) -> Iterator[dg.AssetCheckResult]:
    """Read every file again, once for both questions."""
    with translate_errors():
        seen = verify(library.integrity, library.files)
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


@dg.asset_check(
    asset=ASSET, description="Every stored picture carries its photographer's credit in its file."
)
def files_carry_their_credit(library: LibraryResource) -> dg.AssetCheckResult:
    """Look for a credit in each file."""
    with translate_errors():
        without = list(uncredited(library.integrity, library.files))
    return dg.AssetCheckResult(passed=not without, metadata=metadata.of_paths(without))


@dg.asset_check(
    asset=ASSET, description="No more was asked of Unsplash in the last hour than its quota allows."
)
def request_budget_is_kept(library: LibraryResource) -> dg.AssetCheckResult:
    """Compare the requests of the last hour with the limit; a refusal alone is a warning."""
    with translate_errors():
        hour = library.budget.last_hour()
    too_many = hour.made > hour.limit
    return dg.AssetCheckResult(
        passed=not too_many and not hour.was_refused,
        severity=dg.AssetCheckSeverity.ERROR if too_many else dg.AssetCheckSeverity.WARN,
        metadata={"requests": hour.made, "limit": hour.limit, "refused": hour.was_refused},
    )


CHECKS: Final = [proof, files_carry_their_credit, request_budget_is_kept]
