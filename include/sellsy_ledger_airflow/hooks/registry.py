"""Which hook belongs to which API, found by name: ``hooks/<api>.py`` beside its form ``hooks/data/<api>.toml``.

Nothing else in this package names a tool, so that a new one is new files only.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module

from sellsy_ledger.errors import ConfigurationError
from sellsy_ledger_airflow.hooks import forms
from sellsy_ledger_airflow.hooks.base import ApiHook, ToolHook

__all__ = ["hook_classes", "tool_hook", "tools"]


def _hook_class(api: str) -> type[ApiHook]:
    module, _, name = forms.connection_type(api)["hook-class-name"].rpartition(".")
    found: type[ApiHook] = getattr(import_module(module), name)
    return found


def hook_classes() -> Iterator[type[ApiHook]]:
    """Every hook class, in the order of the APIs' names."""
    return (_hook_class(api) for api in forms.apis())


def tools() -> list[str]:
    """The accounting tools that have a hook."""
    return [hook.conn_type for hook in hook_classes() if issubclass(hook, ToolHook)]


def tool_hook(tool: str) -> type[ToolHook]:
    """The hook class of an accounting tool.

    Raises:
        ConfigurationError: no such tool.
    """
    found = _hook_class(tool) if tool in forms.apis() else None
    if found is None or not issubclass(found, ToolHook):
        raise ConfigurationError(f"{tool!r} is not an accounting tool; known: {', '.join(tools())}.", field="tool")
    return found
