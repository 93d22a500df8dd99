"""The changes of a photo's state that are allowed.

    waiting ──choose──> chosen ──store──> stored <──────> damaged ──> lost
       ^                  │                     verify,      Unsplash no
       └────postpone──────┴──refuse──> refused  repair       longer has it

    stored, damaged, lost ──UNSPLASH_KEEP──> pruning ──its file is gone──> pruned
    any state, or a photo not known yet ──ban──> banned ──ban --undo──> waiting
    refused, pruned ──fetch --photo──> waiting

A chosen photo belongs to the run that chose it while that run lives; then any run of the topic may
take it over. `catalogue.tables.change_to` is the only place that writes a state; the other modules
of the catalogue say which photos change, and when.
"""

from collections.abc import Mapping
from typing import Final

from unsplash_assets.model.photos import PhotoState

_S = PhotoState
CHANGES: Final[Mapping[PhotoState, frozenset[PhotoState]]] = {
    _S.WAITING: frozenset({_S.CHOSEN, _S.STORED, _S.BANNED}),
    _S.CHOSEN: frozenset({_S.CHOSEN, _S.WAITING, _S.STORED, _S.REFUSED, _S.BANNED}),
    _S.STORED: frozenset({_S.STORED, _S.DAMAGED, _S.PRUNING, _S.BANNED}),
    _S.DAMAGED: frozenset({_S.STORED, _S.LOST, _S.PRUNING, _S.BANNED}),
    _S.LOST: frozenset({_S.STORED, _S.LOST, _S.PRUNING, _S.BANNED}),
    _S.REFUSED: frozenset({_S.WAITING, _S.STORED, _S.BANNED}),
    _S.PRUNING: frozenset({_S.PRUNED, _S.BANNED}),
    _S.PRUNED: frozenset({_S.WAITING, _S.BANNED}),
    _S.BANNED: frozenset({_S.WAITING, _S.BANNED}),
}
"""State to the states that may follow it.

`waiting` and `refused` lead to `stored` because a run that was taken for dead may still finish.
"""

WITH_FILE: Final = (_S.STORED, _S.DAMAGED, _S.LOST)
"""The states of photos that have a path: a file, or one that should be there."""
BAD: Final = (_S.DAMAGED, _S.LOST)
"""The states of photos whose file is missing or altered."""

ENDED: Final = (_S.REFUSED, _S.PRUNED)
"""The states of photos without a file that only a person asks for again."""


def before(state: PhotoState) -> frozenset[PhotoState]:
    """Return the states that may lead to `state`."""
    return frozenset(source for source, targets in CHANGES.items() if state in targets)
