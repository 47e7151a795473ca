"""One step of an access check, as the command line, the connection test and the pages show it."""

from __future__ import annotations

import msgspec

__all__ = ["AccessCheck"]


class AccessCheck(msgspec.Struct, frozen=True, kw_only=True):
    """One step of an access check: what was looked at, whether it is good, and what to do when not (French)."""

    step: str
    ok: bool
    detail: str = ""
    action: str = ""
    blocking: bool = True
