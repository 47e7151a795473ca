"""Which accounting tools exist: every folder below ``connectors/`` is one. Nothing here names a tool."""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from sellsy_ledger import connectors
from sellsy_ledger.core.capabilities import Capabilities
from sellsy_ledger.errors import ConfigurationError

if TYPE_CHECKING:
    from sellsy_ledger.connectors.base import LedgerConnector

__all__ = ["capabilities", "connector_class", "tools", "variants"]


@cache
def tools() -> list[str]:
    """The tools' names, sorted: the folders that hold a connector."""
    return sorted(module.name for module in pkgutil.iter_modules(connectors.__path__) if module.ispkg)


def capabilities(tool: str) -> Capabilities:
    """What ``tool`` can do unless its Connection says otherwise (:func:`variants`); imports its data only, no HTTP.

    Raises:
        ConfigurationError: no such tool.
    """
    _must_exist(tool)
    found = import_module(f"{connectors.__name__}.{tool}.capabilities").CAPABILITIES
    assert isinstance(found, Capabilities)
    return found


def variants(tool: str) -> dict[str, Capabilities]:
    """Every way in which ``tool`` can be reached (a channel, the tool behind a service), by name, and what it can do
    in that way; the first is :func:`capabilities`. A tool with one way only has one, named ``""``.

    A connector knows its own variant: ``connector.capabilities``.

    Raises:
        ConfigurationError: no such tool.
    """
    usual = capabilities(tool)
    module = import_module(f"{connectors.__name__}.{tool}.capabilities")
    found: dict[str, Capabilities] = getattr(module, "VARIANTS", {"": usual})
    return found


def connector_class(tool: str) -> type[LedgerConnector]:
    """The connector of ``tool``.

    Raises:
        ConfigurationError: no such tool.
    """
    _must_exist(tool)
    # Here, because capabilities are read in processes that never call an API.
    from sellsy_ledger.connectors.base import LedgerConnector

    found = import_module(f"{connectors.__name__}.{tool}.connector").CONNECTOR
    assert issubclass(found, LedgerConnector)
    return found  # type: ignore[no-any-return]  # the module is found by name


def _must_exist(tool: str) -> None:
    if tool not in tools():
        raise ConfigurationError(
            f"There is no accounting tool {tool!r}; the tools are {', '.join(tools())}.", field="tool"
        )
