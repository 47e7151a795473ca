"""``$metadata`` is untrusted XML of which only names and lengths are taken."""

from __future__ import annotations

import pytest

from sellsy_ledger.connectors.sage100.metadata import SIZE_MAX, NotMetadata, read_metadata
from sellsy_ledger_sandbox.sage100.edmx import edmx

HEAD = '<?xml version="1.0"?>'
BODY = (
    '<Edmx><Schema Namespace="S"><EntityType Name="Base"><Property Name="Reference" MaxLength="9"/></EntityType>'
    '<EntityType Name="Line" BaseType="S.Base"><Property Name="intitule" MaxLength="max"/></EntityType>'
    '<EntityContainer><EntitySet Name="Ecritures" EntityType="S.Line"/></EntityContainer></Schema></Edmx>'
)


def test_resources_properties_lengths_and_the_action_are_found() -> None:
    found = read_metadata(edmx(35).encode())
    assert all(found.has(name) for name in ("comptes", "Journaux", "tiers", "clients", "ecritures", "company"))
    assert found.has_action()
    assert (found.longest("intitule", 69), found.longest("numeroFacture", 13), found.longest("nothing", 7)) == (
        35,
        13,
        7,
    )
    assert found.knows("tiers")
    assert found.takes("extSequence")
    assert not found.takes("taxe")


def test_inherited_properties_count_and_a_length_without_number_says_nothing() -> None:
    found = read_metadata((HEAD + BODY).encode())
    assert found.longest("reference", 17) == 9
    assert found.longest("intitule", 69) == 69
    assert not found.has_action()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not xml",
        b"<html><body>404</body></html>",
        (HEAD + BODY)[:200].encode(),
        b"<Edmx/>",
        b" " * (SIZE_MAX + 1),
        f'{HEAD}<!DOCTYPE x SYSTEM "file:///etc/passwd">{BODY}'.encode(),
        f'{HEAD}<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>{BODY}'.encode(),
        f"{HEAD}<!DOCTYPE html>{BODY}".encode(),
    ],
)
def test_anything_else_is_refused(body: bytes) -> None:
    with pytest.raises(NotMetadata):
        read_metadata(body)


def test_types_that_inherit_in_a_circle_end() -> None:
    circle = BODY.replace('Name="Base"', 'Name="Base" BaseType="S.Line"')
    assert read_metadata(circle.encode()).longest("reference", 17) == 9
