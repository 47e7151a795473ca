"""For all tests: which begin first, and what hypothesis may not blame on a slow machine."""

from __future__ import annotations

from pathlib import Path

import hypothesis
import pytest

# Files that take longest begin first, so that no worker is left alone with one at the end.
SLOW = ("faults", "browser", "dags", "property")

# The same examples each time, so that a red run is red again; `--hypothesis-profile=default` looks for new ones.
hypothesis.settings.register_profile(
    "repeatable",
    derandomize=True,
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("repeatable")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Slow folders first; within a folder the order stays random."""
    tests = Path(__file__).parent
    places = {folder: place for place, folder in enumerate(SLOW)}
    items.sort(key=lambda item: places.get(item.path.relative_to(tests).parts[0], len(SLOW)))
