"""What an emulated Inqom holds: two folders, their imports, the tokens that were given out."""

from __future__ import annotations

from datetime import date

from sellsy_ledger_sandbox.base import World
from sellsy_ledger_sandbox.inqom.books import Folder, Period
from sellsy_ledger_sandbox.inqom.imports import Operation
from sellsy_ledger_sandbox.inqom.tokens import Tokens

__all__ = ["State"]

NAMES = {90210: ("Atelier Exemple SARL", "840143275"), 90211: ("Boutique Exemple SAS", "552100554")}


class State:
    """Everything that a reset puts back."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.tokens = Tokens(world)
        self.folders: dict[int, Folder] = {}
        self.operations: dict[int, Operation] = {}
        self.reset()

    def reset(self) -> None:
        """Two folders, the second with monthly periods, its January locked."""
        self.tokens.clear()
        self.operations.clear()
        self.folders.clear()
        for folder_id, (name, siren) in NAMES.items():
            self.folders[folder_id] = Folder.of(self.world, folder_id, name, siren)
        self.folders[90211].periods = [
            Period(902117100 + month, date(2026, month, 1), _month_end(month), month == 1) for month in range(1, 13)
        ]


def _month_end(month: int) -> date:
    following = date(2026 + month // 12, month % 12 + 1, 1)
    return date.fromordinal(following.toordinal() - 1)
