"""Tools are found by their folders, and reading what one can do imports no HTTP."""

from __future__ import annotations

import subprocess
import sys

import pytest

from sellsy_ledger.connectors import registry
from sellsy_ledger.connectors.base import LedgerConnector
from sellsy_ledger.errors import ConfigurationError


def test_every_tool_has_capabilities_and_a_connector_that_agree() -> None:
    assert registry.tools() == sorted(registry.tools())
    for tool in registry.tools():
        capabilities = registry.capabilities(tool)
        connector = registry.connector_class(tool)
        assert capabilities.tool == tool
        assert issubclass(connector, LedgerConnector)


def test_the_first_variant_is_the_usual_one_and_all_are_of_the_same_tool() -> None:
    for tool in registry.tools():
        variants = registry.variants(tool)
        assert next(iter(variants.values())) == registry.capabilities(tool)
        assert {variant.tool for variant in variants.values()} == {tool}
        assert (list(variants) == [""]) is (len(variants) == 1)


@pytest.mark.parametrize("tool", ["", "quickbooks", "../core", "base"])
def test_an_unknown_tool_is_told_with_the_known_ones(tool: str) -> None:
    for look_up in (registry.capabilities, registry.connector_class):
        with pytest.raises(ConfigurationError, match="the tools are") as refused:
            look_up(tool)
        assert refused.value.field == "tool"


def test_reading_capabilities_loads_no_http_engine() -> None:
    code = (
        "import sys; from sellsy_ledger.connectors import registry;"
        "[registry.variants(tool) for tool in registry.tools()];"
        "sys.exit(any(name in sys.modules for name in ('urllib3', 'requests', 'airflow')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0
