"""JSON that no encoder would write: raw numbers, keys twice, nesting without end. A small writer and its values."""

from __future__ import annotations

import json
from typing import Any

__all__ = ["Deep", "Raw", "Twice", "text_of"]


class Raw(str):
    """Text that goes into the JSON as it is: ``1e400``, ``12.340000000001``."""

    __slots__ = ()


class Deep(Raw):
    """Nesting that exhausts readers; a witness sees an empty list in its place."""

    __slots__ = ()


class Twice:
    """A value whose key comes twice: first with ``before``, then with ``value``. As everywhere, the last one counts."""

    def __init__(self, before: Any, value: Any) -> None:
        self.before = before
        self.value = value


def text_of(value: Any, *, for_witness: bool = False) -> str:
    r"""The JSON text; lone surrogates come out as ``\u`` escapes.

    Args:
        value: plain values, and those of this module.
        for_witness: without the nesting that Python's own reader could not follow either.
    """
    if isinstance(value, Raw):
        return "[]" if for_witness and isinstance(value, Deep) else str(value)
    if isinstance(value, dict):
        members = []
        for key, one in value.items():
            versions = (one.before, one.value) if isinstance(one, Twice) else (one,)
            members += [f"{json.dumps(key)}:{text_of(each, for_witness=for_witness)}" for each in versions]
        return "{" + ",".join(members) + "}"
    if isinstance(value, list):
        return "[" + ",".join(text_of(each, for_witness=for_witness) for each in value) + "]"
    if isinstance(value, Twice):
        return text_of(value.value, for_witness=for_witness)
    return json.dumps(value)
