"""Which hook belongs to which API, found by file name: ``hooks/<api>.py`` exports ``HOOK``.

Nothing else in this package names a tool, so that a new one is a new file.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator
from importlib import import_module
from typing import TYPE_CHECKING

from sellsy_ledger.errors import ConfigurationError
from sellsy_ledger_airflow import hooks

if TYPE_CHECKING:
    from sellsy_ledger_airflow.hooks.base import ApiHook, ToolHook

__all__ = ["hook_classes", "tool_hook", "tools"]

_SHARED = frozenset({"base", "registry"})


def _names() -> list[str]:
    return sorted(module.name for module in pkgutil.iter_modules(hooks.__path__) if module.name not in _SHARED)


def hook_classes() -> Iterator[type[ApiHook]]:
    """Every hook class, in the order of their names."""
    for name in _names():
        yield import_module(f"{hooks.__name__}.{name}").HOOK


def tools() -> list[str]:
    """The accounting tools that have a hook."""
    from sellsy_ledger_airflow.hooks.base import ToolHook

    return [hook.conn_type for hook in hook_classes() if issubclass(hook, ToolHook)]


def tool_hook(tool: str) -> type[ToolHook]:
    """The hook class of an accounting tool.

    Raises:
        ConfigurationError: no such tool.
    """
    from sellsy_ledger_airflow.hooks.base import ToolHook

    for hook in hook_classes():
        if hook.conn_type == tool and issubclass(hook, ToolHook):
            return hook
    raise ConfigurationError(f"{tool!r} is not an accounting tool; known: {', '.join(tools())}.", field="tool")
