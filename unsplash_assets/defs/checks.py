"""The checks of `image_file`: each asks one question about the library.

They run daily and on demand, in the job `verify`, and never in the minute's run: they read every
file, and Dagster keeps their rows for ever. Dagster also runs them with an asset that a person
materializes; there they read only the files that look changed. Damaged files are recorded, so the
next runs repair them.
"""

from collections.abc import Callable, Iterator
from typing import Final

import dagster as dg

from unsplash_assets.defs import metadata
from unsplash_assets.defs.failures import translate_errors
from unsplash_assets.defs.naming import IMAGE_FILE, Names
from unsplash_assets.defs.runs import settings_tag
from unsplash_assets.library.opening import Library
from unsplash_assets.library.verification import uncredited, verify
from unsplash_assets.settings.settings import Settings

WHOLE: Final = "files_are_whole"
AGREE: Final = "catalogue_and_folder_agree"


def verification(
    context: dg.AssetCheckExecutionContext, library: Library
) -> Iterator[dg.AssetCheckResult]:
    """Read every file once for both checks; in a run of assets, what looks changed alone."""
    with translate_errors():
        seen = verify(library, quick=bool(context.run.asset_selection))
    missing, unknown = seen.count("missing"), seen.count("unknown")
    answers = {
        WHOLE: (not seen.bad and not seen.unread, dg.AssetCheckSeverity.ERROR),
        AGREE: (
            not missing + unknown,
            dg.AssetCheckSeverity.ERROR if missing else dg.AssetCheckSeverity.WARN,
        ),
    }
    for key in context.selected_asset_check_keys:
        passed, severity = answers[key.name]
        yield dg.AssetCheckResult(
            asset_key=key.asset_key,
            check_name=key.name,
            passed=passed,
            severity=severity,
            metadata=metadata.of_verification(seen),
        )


def files_carry_their_credit(library: Library) -> dg.AssetCheckResult:
    """Look for a credit in each file."""
    with translate_errors():
        without = list(uncredited(library))
    return dg.AssetCheckResult(passed=not without, metadata=metadata.of_paths(without))


def request_budget_is_kept(library: Library) -> dg.AssetCheckResult:
    """Compare the requests of the last hour with the limit; a refusal alone is a warning."""
    with translate_errors():
        usage = library.budget.usage()
    too_many = usage.made > usage.limit
    return dg.AssetCheckResult(
        passed=not too_many and not usage.was_refused,
        severity=dg.AssetCheckSeverity.ERROR if too_many else dg.AssetCheckSeverity.WARN,
        metadata={"requests": usage.made, "limit": usage.limit, "refused": usage.was_refused},
    )


def build_checks(settings: Settings, names: Names) -> list[dg.AssetChecksDefinition]:
    """Return the checks."""
    asset, tags = names.asset(IMAGE_FILE), settings_tag(settings, names)

    def check(
        function: Callable[..., dg.AssetCheckResult], description: str
    ) -> dg.AssetChecksDefinition:
        declare = dg.asset_check(
            asset=asset,
            description=description,
            required_resource_keys=names.resources(function),
            op_tags=tags,
        )
        return declare(names.bind(function))

    def spec(name: str, description: str) -> dg.AssetCheckSpec:
        return dg.AssetCheckSpec(name, asset=asset, description=description)

    of_files = dg.multi_asset_check(
        name=names.of(verification.__name__),
        specs=[
            spec(WHOLE, "Every stored file is there, and is byte for byte what was stored."),
            spec(AGREE, "No file is missing in the folder, and none is there without a photo."),
        ],
        can_subset=True,
        required_resource_keys=names.resources(verification),
        op_tags=tags,
    )
    return [
        of_files(names.bind(verification)),
        check(
            files_carry_their_credit,
            "Every stored picture carries its photographer's credit in its file.",
        ),
        check(
            request_budget_is_kept,
            "The last hour had no more requests to Unsplash than its quota allows.",
        ),
    ]
