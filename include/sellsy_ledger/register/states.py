"""Which state may follow which, as data.

The rules that matter: nothing reaches ``posting`` except through :meth:`Register.begin_posting`, and nothing that is
in the books ever comes back to a state from which it would be posted again.
"""

from __future__ import annotations

from sellsy_ledger.core.outcomes import Reason, State
from sellsy_ledger.errors import InvariantBroken

__all__ = [
    "BEGIN_FROM",
    "BOOKED",
    "CLOSED",
    "HANDED_OVER",
    "IN_FLIGHT",
    "NEEDS_REASON",
    "OPEN",
    "RESOLVABLE",
    "TRANSITIONS",
    "check_transition",
]

OPEN = frozenset({State.SEEN, State.WAITING, State.READY, State.NOTHING_TO_POST, State.REJECTED})
"""Surely not in the books: the stored content may be replaced by what the source shows now."""

IN_FLIGHT = frozenset({State.POSTING, State.OUTCOME_UNKNOWN, State.CONFLICT})
"""Perhaps in the books: what was sent stays untouched until that is known."""

HANDED_OVER = frozenset({State.DELIVERED, State.POSTED, State.VERIFIED, State.CHANGED_AFTER_POSTING})
"""In the books, or on its way there by other hands than ours: never to be sent again."""

CLOSED = frozenset({State.CORRECTED, State.ADOPTED})
"""Nothing more will ever be sent for these: corrected beside themselves, or booked by somebody else."""

BOOKED = frozenset({State.POSTED, State.VERIFIED})
"""In the books, as the tool, an acknowledgement or a person said."""

BEGIN_FROM = frozenset({State.READY, State.POSTING, State.OUTCOME_UNKNOWN})
"""Where a posting may begin: ``posting`` itself is a crashed attempt, found again by the next run."""

RESOLVABLE = frozenset({State.POSTING, State.DELIVERED, State.OUTCOME_UNKNOWN, State.CONFLICT})
"""What a person may decide when the tool cannot tell."""

NEEDS_REASON = frozenset({State.WAITING, State.REJECTED})
"""A document in one of these must say why."""

_DECIDED = frozenset({State.WAITING, State.READY, State.NOTHING_TO_POST, State.REJECTED})

TRANSITIONS: dict[State, frozenset[State]] = {
    State.SEEN: _DECIDED | {State.RETRACTED, State.ADOPTED},
    State.WAITING: _DECIDED | {State.SEEN, State.RETRACTED, State.ADOPTED},
    State.READY: _DECIDED | {State.SEEN, State.RETRACTED, State.ADOPTED},
    State.NOTHING_TO_POST: _DECIDED | {State.SEEN, State.RETRACTED},
    State.REJECTED: _DECIDED | {State.SEEN, State.RETRACTED},
    # Refused by the tool, or surely never left: back to where the next run takes it up.
    State.POSTING: frozenset(
        {
            *(State.DELIVERED, State.POSTED, State.OUTCOME_UNKNOWN, State.CONFLICT),
            *(State.WAITING, State.READY, State.REJECTED),
        }
    ),
    # Imported as somebody says; an import that was refused is a conflict, which a person settles.
    State.DELIVERED: frozenset({State.POSTED, State.CONFLICT, State.CHANGED_AFTER_POSTING, State.RETRACTED}),
    State.OUTCOME_UNKNOWN: frozenset(
        {State.DELIVERED, State.POSTED, State.CONFLICT, State.READY, State.WAITING, State.REJECTED}
    ),
    State.CONFLICT: frozenset({State.POSTED, State.READY}),
    State.POSTED: frozenset({State.VERIFIED, State.CONFLICT, State.CHANGED_AFTER_POSTING, State.RETRACTED}),
    State.VERIFIED: frozenset({State.CONFLICT, State.CHANGED_AFTER_POSTING, State.RETRACTED}),
    State.CHANGED_AFTER_POSTING: frozenset(
        {State.DELIVERED, State.POSTED, State.VERIFIED, State.RETRACTED, State.CORRECTED}
    ),
    State.RETRACTED: frozenset(
        {
            *(State.SEEN, State.DELIVERED, State.POSTED, State.VERIFIED),
            *(State.CHANGED_AFTER_POSTING, State.CORRECTED),
            # A new version that was taken back before it was written.
            State.WAITING,
        }
    ),
    State.CORRECTED: frozenset(),
    # A person who adopted the wrong entry says so, and the document is worked on from the start.
    State.ADOPTED: frozenset({State.SEEN}),
}
"""From → to; staying in a state is always allowed (a step stores its result)."""


def check_transition(key: str, before: State, after: State, reason: Reason | None) -> None:
    """Let an allowed move pass.

    Raises:
        InvariantBroken: the move is not in :data:`TRANSITIONS`, or the new state needs a reason and has none.
    """
    if after is not before and after not in TRANSITIONS[before]:
        raise InvariantBroken(f"{key} may not go from {before} to {after}.")
    if after in NEEDS_REASON and reason is None:
        raise InvariantBroken(f"{key} may not be {after} without a reason.")
