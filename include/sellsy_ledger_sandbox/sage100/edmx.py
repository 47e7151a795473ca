"""The ``$metadata`` of the emulated OData interface, after Sage's own sample: resources, properties, lengths."""

from __future__ import annotations

from typing import Final

__all__ = ["ECRITURE_FIELDS", "PROPERTIES", "RELATIONS", "edmx"]

# Property → (EDM type, longest text).
PROPERTIES: Final[dict[str, dict[str, tuple[str, int | None]]]] = {
    "Compte": {
        "id": ("Edm.String", None),
        "numero": ("Edm.String", 13),
        "intitule": ("Edm.String", 35),
        "type": ("100S.Model.TypeCompte", None),
        "sommeil": ("Edm.Boolean", None),
    },
    "Journal": {
        "id": ("Edm.String", None),
        "code": ("Edm.String", 6),
        "intitule": ("Edm.String", 35),
        "type": ("100S.Model.TypeJournal", None),
        "optContrepartie": ("Edm.String", None),
    },
    "Tiers": {
        "id": ("Edm.String", None),
        "numero": ("Edm.String", 17),
        "intitule": ("Edm.String", 69),
        "type": ("100S.Model.TypeTiers", None),
        "siret": ("Edm.String", 14),
        "identifiant": ("Edm.String", 25),
        "sommeil": ("Edm.Boolean", None),
    },
    "Ecriture": {
        "id": ("Edm.String", None),
        "date": ("Edm.DateTimeOffset", None),
        "piece": ("Edm.String", 13),
        "numeroFacture": ("Edm.String", 17),
        "reference": ("Edm.String", 17),
        "intitule": ("Edm.String", 69),
        "sens": ("100S.Model.Sens", None),
        "montant": ("Edm.Decimal", None),
        "echeance": ("Edm.DateTimeOffset", None),
        "extProvenance": ("Edm.String", 35),
        "extSequence": ("Edm.Int32", None),
    },
    "Company": {"id": ("Edm.String", None), "name": ("Edm.String", None)},
}
RELATIONS: Final[dict[str, tuple[str, ...]]] = {
    "Compte": (),
    "Journal": ("compte",),
    "Tiers": ("comptePrincipal",),
    "Ecriture": ("journal", "compte", "tiers", "modeReglement"),
    "Company": (),
}
SETS: Final = {
    "comptes": "Compte",
    "journaux": "Journal",
    "tiers": "Tiers",
    "clients": "Tiers",
    "fournisseurs": "Tiers",
    "ecritures": "Ecriture",
}
# What a line of creerPieceComptable takes.
ECRITURE_FIELDS: Final = frozenset(
    {
        "compte@odata.bind",
        "tiers@odata.bind",
        "modeReglement@odata.bind",
        "intitule",
        "sens",
        "montant",
        "echeance",
        "numeroFacture",
        "reference",
    }
)


def edmx(label_max: int) -> str:
    """The document; ``label_max`` is the company's own length of a label."""
    types = "".join(_type(name, label_max) for name in PROPERTIES)
    sets = "".join(f'<EntitySet Name="{name}" EntityType="100S.Model.{kind}"/>' for name, kind in SETS.items())
    parameters = "".join(
        f'<Parameter Name="{name}" Type="{kind}"/>'
        for name, kind in (
            ("bindingParameter", "100S.Model.Journal"),
            ("date", "Edm.DateTimeOffset"),
            ("extProvenance", "Edm.String"),
            ("extSequence", "Edm.Int32"),
            ("ecritures", "Collection(100S.Model.Ecriture)"),
        )
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        '<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx"><edmx:DataServices>'
        f'<Schema Namespace="100S.Model" xmlns="http://docs.oasis-open.org/odata/ns/edm">{types}'
        f'<Action Name="creerPieceComptable" IsBound="true">{parameters}</Action></Schema>'
        '<Schema Namespace="Default" xmlns="http://docs.oasis-open.org/odata/ns/edm">'
        f'<EntityContainer Name="Container">{sets}<Singleton Name="company" Type="100S.Model.Company"/>'
        "</EntityContainer></Schema></edmx:DataServices></edmx:Edmx>"
    )


def _type(name: str, label_max: int) -> str:
    properties = []
    for each, (kind, longest) in PROPERTIES[name].items():
        length = label_max if (name, each) == ("Ecriture", "intitule") else longest
        limit = f' MaxLength="{length}"' if length else ""
        properties.append(f'<Property Name="{each}" Type="{kind}"{limit}/>')
    related = "".join(f'<NavigationProperty Name="{each}" Type="100S.Model.Compte"/>' for each in RELATIONS[name])
    return f'<EntityType Name="{name}"><Key><PropertyRef Name="id"/></Key>{"".join(properties)}{related}</EntityType>'
