"""What the access check says of wrong credentials stands in the tool's connection pages, in the same words."""

from __future__ import annotations

from pathlib import Path

import pytest

from sellsy_ledger.errors import AccessError, ConfigurationError
from sellsy_ledger_sandbox.server import Sandbox
from tests.contract.suite import Bench, Kit, kits

CONNECT = Path(__file__).resolve().parents[2] / "docs" / "connect"
KITS = [kit for kit in kits() if kit.has_url]
# Enough to find the row; what follows may name a route or a code.
WORDS = 4


def plain(text: str) -> str:
    return " ".join(text.replace("’", "'").replace("`", "").casefold().split())


@pytest.mark.parametrize("page", ["{}.md", "en/{}.md"])
@pytest.mark.parametrize("kit", KITS, ids=lambda kit: kit.name)
def test_a_refused_login_is_explained(kit: Kit, page: str, tmp_path: Path) -> None:
    with Sandbox(quota=False) as sandbox:
        bench = Bench(kit, sandbox, tmp_path)
        try:
            checks = bench.connect(kit.wrong_secrets).check_access()
        except (AccessError, ConfigurationError):
            pytest.skip("told as an error of the Connection, not as a step")
    said = [check.detail for check in checks if check.blocking and not check.ok]
    assert said
    text = plain((CONNECT / page.format(kit.tool)).read_text("utf-8"))
    missing = [detail for detail in said if " ".join(plain(detail).split()[:WORDS]) not in text]
    assert missing == []
