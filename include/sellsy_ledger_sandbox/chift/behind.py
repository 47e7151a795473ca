"""How the tools behind emulated Chift differ: what they keep, cut, check and tell. Pure data.

Lengths are those that the tools document; where Chift's documentation is silent (which tool tells of its attachments,
whether it checks numbers), the four differ on purpose, so that every documented answer occurs.
"""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["BEHIND", "CONSUMERS", "Behind", "Consumer"]


@dataclass(frozen=True)
class Behind:
    """One accounting tool behind Chift.

    Attributes:
        integration: its name in ``ConnectionItem``.
        draft: whether it has drafts.
        label_max: characters of a label; the rest is cut.
        number_max: characters of an invoice number; a longer one is refused.
        auxiliary_max: characters of a third party's code.
        attachments: the status of an attached PDF: ``yes``, ``yes_to_request`` or ``unknown``.
        collective: whether entry lines name the collective account (and the third party by its id only).
        keeps_reference: whether a third party keeps our external reference.
        checks_numbers: whether an invoice number used before is refused.
        same_id: whether an invoice and its journal entry have one id.
        folders: id → name; None where the tool knows no folders.
        agent: whether it is reached through a local agent.
    """

    integration: str
    draft: bool
    label_max: int
    number_max: int
    auxiliary_max: int
    attachments: str
    collective: bool
    keeps_reference: bool
    checks_numbers: bool
    same_id: bool = False
    folders: dict[str, str] | None = field(default_factory=lambda: {"1": "Atelier Exemple SARL"})
    agent: bool = False


BEHIND = {
    "acd": Behind(
        integration="ACD",
        draft=False,
        label_max=50,
        number_max=20,
        auxiliary_max=13,
        attachments="yes_to_request",
        collective=False,
        keeps_reference=False,
        checks_numbers=False,
        same_id=True,
        folders={"EXEMPLE": "Atelier Exemple SARL", "AUTRE": "Boutique Exemple SAS"},
    ),
    "cegid_loop": Behind(
        integration="Cegid Loop",
        draft=False,
        label_max=35,
        number_max=20,
        auxiliary_max=17,
        attachments="unknown",
        collective=True,
        keeps_reference=True,
        checks_numbers=False,
        folders=None,
    ),
    "myunisoft": Behind(
        integration="MyUnisoft",
        draft=True,
        label_max=50,
        number_max=25,
        auxiliary_max=10,
        attachments="yes",
        collective=False,
        keeps_reference=True,
        checks_numbers=True,
    ),
    "sage100": Behind(
        integration="Sage 100",
        draft=False,
        label_max=35,
        number_max=17,
        auxiliary_max=17,
        attachments="unknown",
        collective=True,
        keeps_reference=True,
        checks_numbers=True,
        agent=True,
    ),
}


@dataclass(frozen=True)
class Consumer:
    """One company of the demonstration's Chift account."""

    id: str
    name: str
    behind: str
    connection_id: str
    active: bool = True


def _consumer(number: int, name: str, behind: str, *, active: bool = True) -> Consumer:
    return Consumer(
        id=f"00000000-0000-4000-8000-00000000000{number}",
        name=name,
        behind=behind,
        connection_id=f"00000000-0000-4000-8000-00000000010{number}",
        active=active,
    )


CONSUMERS = (
    _consumer(1, "demo-consumer-acd", "acd"),
    _consumer(2, "demo-consumer-cegid-loop", "cegid_loop"),
    _consumer(3, "demo-consumer-myunisoft", "myunisoft"),
    _consumer(4, "demo-consumer-sage100", "sage100"),
    # Its connection was switched off: nothing works until somebody connects it again.
    _consumer(5, "demo-consumer-paused", "myunisoft", active=False),
)
