"""A puppet sandbox per test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.unit.connectors.inqom.builders import Puppet


@pytest.fixture
def puppet() -> Iterator[Puppet]:
    puppet = Puppet()
    with puppet.sandbox:
        yield puppet
