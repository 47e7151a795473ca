"""The small filter language of the lists: ``field=="value"``, ``!=``, ``>=``, ``null``, joined by ``&&``."""

from __future__ import annotations

import re
from typing import NamedTuple

from sellsy_ledger_sandbox.cegid_loop.bodies import Refusal

__all__ = ["Condition", "entry_conditions", "parse"]

_CONDITION = re.compile(r'\s*([A-Za-z]\w*)\s*(==|!=|>=)\s*(null|"([^"\\]*)"|[\w.-]+)\s*')
MAIN = {"codeLettrage", "ecritureOrigine"}
SECONDARY = {"journalCode", "refPiece", "datePiece", "compteNumero"}


class Condition(NamedTuple):
    """One comparison; ``value`` None is null."""

    field: str
    operator: str
    value: str | None

    def holds(self, held: object) -> bool:
        """Whether a row's value passes."""
        text = None if held is None else str(held)
        if self.operator == ">=":
            return text is not None and self.value is not None and text >= self.value
        return (text == self.value) == (self.operator == "==")


def parse(text: str) -> list[Condition]:
    """The conditions of a filter.

    Raises:
        Refusal: it cannot be read.
    """
    found = []
    for part in text.split("&&") if text.strip() else ():
        match = _CONDITION.fullmatch(part)
        if match is None:
            raise Refusal("Filtre invalide")
        field, operator, raw, quoted = match.groups()
        found.append(Condition(field, operator, None if raw == "null" else quoted if quoted is not None else raw))
    return found


def entry_conditions(text: str) -> list[Condition]:
    """The conditions of a filter on accounting lines, where one of two main ones is compulsory.

    Raises:
        Refusal: it cannot be read, has no main filter, or names another field.
    """
    found = parse(text)
    if not any(condition.field in MAIN for condition in found):
        raise Refusal("Filtre principal obligatoire : codeLettrage ou ecritureOrigine")
    unknown = [condition.field for condition in found if condition.field not in MAIN | SECONDARY]
    if unknown:
        raise Refusal(f"Filtre non autorisé : {', '.join(unknown)}")
    return found
