"""Books to journalise in: settings and a ledger for every tool and every way of it, from their own capabilities."""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

from tests.unit.core import builders

from sellsy_ledger.connectors import registry
from sellsy_ledger.core.capabilities import Capabilities, VatSupport
from sellsy_ledger.core.journalise import Journaliser
from sellsy_ledger.core.ledger import VatCode
from sellsy_ledger.core.settings import LabelStyle

__all__ = ["Shop", "shops"]

_RATES = ("20", "19.6", "10", "8.5", "5.5", "2.1", "0")


class Shop(NamedTuple):
    """One tool as one connection has it, with the journaliser of its company."""

    name: str
    capabilities: Capabilities
    journaliser: Journaliser


@cache
def shops() -> tuple[Shop, ...]:
    """Every tool in every way it can be connected; label styles and rounding rules take turns."""
    found = []
    for tool in registry.tools():
        for way, capabilities in {"": registry.capabilities(tool), **registry.variants(tool)}.items():
            found.append(_shop(f"{tool} {way}".strip(), capabilities, len(found)))
    return tuple(found)


def _shop(name: str, capabilities: Capabilities, position: int) -> Shop:
    coded = capabilities.vat is VatSupport.CODE_PER_LINE
    styles, rules = list(LabelStyle), ["by_side", "literal"]
    settings = builders.settings(
        tool=capabilities.tool,
        vat=list(_vat(coded)),
        rounding_vat_codes={"sales": "S0", "purchases": "P0"} if coded else {},
        label_style=styles[position % len(styles)].value,
        rounding_rule=rules[position % 2],
    )
    codes = tuple(VatCode(code=code) for code in _codes()) if coded else ()
    ledger = builders.ledger(vat_codes=codes)
    return Shop(name, capabilities, Journaliser(settings, ledger, capabilities))


def _codes() -> list[str]:
    return [f"{side}{rate.replace('.', '')}" for side in ("S", "P") for rate in _RATES] + ["PAE"]


def _vat(coded: bool) -> Any:
    for direction, side, account in (("sales", "S", "44571"), ("purchases", "P", "44566")):
        for rate in _RATES:
            code = {"vat_code": f"{side}{rate.replace('.', '')}"} if coded else {}
            yield {"direction": direction, "rate": rate, "account": account, **code}
    for category in ("AE", "K"):
        code = {"vat_code": "PAE"} if coded else {}
        accounts = {"account": "445662", "reverse_charge_account": "4452"}
        yield {"direction": "purchases", "rate": "20", "category": category, **accounts, **code}
