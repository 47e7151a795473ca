"""To what level a tool lets each promise be kept: derived from its capabilities by rule, never written by hand.

*Proved*: the program itself sees in the tool that the promise was kept. *Partly*: part of it is seen, the rest rests on
an answer of the tool or on our own memory. *Not provable*: the tool shows nothing of it, so nothing is claimed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum

import msgspec

from sellsy_ledger.core.capabilities import Capabilities, KeySupport, PdfSupport, Promise, ThirdPartySupport

__all__ = ["LANGUAGES", "LEVEL_NAMES", "PROMISE_NAMES", "Finding", "Level", "levels"]

LANGUAGES = ("fr", "en")


class Level(StrEnum):
    """How far a promise can be shown to be kept; the three are in order, see :attr:`rank`."""

    PROVED = "proved"
    PARTLY = "partly"
    NOT_PROVABLE = "not_provable"

    @property
    def rank(self) -> int:
        """0 not provable, 1 partly, 2 proved."""
        return (Level.NOT_PROVABLE, Level.PARTLY, Level.PROVED).index(self)


LEVEL_NAMES: Mapping[Level, Mapping[str, str]] = {
    Level.PROVED: {"fr": "prouvé", "en": "proved"},
    Level.PARTLY: {"fr": "en partie", "en": "partly"},
    Level.NOT_PROVABLE: {"fr": "non prouvable", "en": "not provable"},
}
PROMISE_NAMES: Mapping[Promise, Mapping[str, str]] = {
    Promise.POSTED_ONCE: {"fr": "Une seule fois", "en": "Posted once"},
    Promise.PDF_ATTACHED: {"fr": "PDF joint", "en": "PDF attached"},
    Promise.READ_BACK: {"fr": "Relecture", "en": "Read back"},
    Promise.DRAFT: {"fr": "Brouillon", "en": "Draft"},
    Promise.CLOSED_PERIOD: {"fr": "Période close", "en": "Closed period"},
    Promise.THIRD_PARTY_MATCHING: {"fr": "Tiers reconnus", "en": "Third parties matched"},
}


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """The level of one promise, and why, in French and English."""

    promise: Promise
    level: Level
    french: str
    english: str

    def why(self, language: str) -> str:
        """The sentence in ``fr`` or ``en``."""
        return self.english if language == "en" else self.french


# Level, French sentence, English sentence.
Ruling = tuple[Level, str, str]


def levels(capabilities: Capabilities) -> tuple[Finding, ...]:
    """One finding per promise, in the order of :class:`Promise`.

    A reservation of the tool (``caveats``) caps its promise at *partly*, and is told.
    """
    return tuple(_finding(promise, _RULES[promise](capabilities), capabilities) for promise in Promise)


def _finding(promise: Promise, ruling: Ruling, capabilities: Capabilities) -> Finding:
    level, french, english = ruling
    caveat = capabilities.caveats.get(promise)
    if caveat is not None:
        level = level if level.rank <= Level.PARTLY.rank else Level.PARTLY
        french = f"{french} Réserve : {caveat.french}."
        english = f"{english} Reservation: {caveat.english}."
    return Finding(promise=promise, level=level, french=french, english=english)


def _posted_once(tool: Capabilities) -> Ruling:
    if tool.batches:
        return (
            Level.PARTLY,
            "Le fichier n'est écrit qu'une fois (notre manifeste) ; l'outil ne dit pas s'il est importé deux fois.",
            "The file is written once (our manifest); the tool does not tell whether it is imported twice.",
        )
    if tool.key is KeySupport.NONE:
        return (
            Level.NOT_PROVABLE,
            "L'outil ne permet pas de rechercher une écriture : une réponse perdue est laissée à une personne.",
            "The tool cannot be asked for an entry: a lost answer is left to a person.",
        )
    if not tool.read_back:
        return (
            Level.PARTLY,
            "L'envoi se retrouve, mais l'écriture elle-même n'est pas relue.",
            "What was sent is found again, but the entry itself is not read back.",
        )
    if tool.key is KeySupport.LOOK_UP:
        return (
            Level.PROVED,
            "L'écriture est retrouvée par son contenu avant tout nouvel envoi, puis relue.",
            "The entry is looked up by its content before anything is sent again, then read back.",
        )
    return (
        Level.PROVED,
        "L'outil garde la clé de la pièce ; elle est cherchée avant tout nouvel envoi, puis relue.",
        "The tool keeps the document's key; it is looked up before anything is sent again, then read back.",
    )


def _pdf_attached(tool: Capabilities) -> Ruling:
    if tool.pdf is PdfSupport.NEVER:
        return Level.NOT_PROVABLE, "L'outil ne prend aucun PDF.", "The tool takes no PDF."
    if tool.batches:
        return (
            Level.NOT_PROVABLE,
            "Le PDF est déposé à côté du fichier d'écritures ; rien ne dit qu'il a été rattaché.",
            "The PDF is put beside the file of entries; nothing tells that it was attached.",
        )
    if tool.read_back and tool.pdf_read_back:
        return (
            Level.PROVED,
            "Le PDF est relu dans l'outil, et ses octets sont ceux de Sellsy.",
            "The PDF is read back from the tool, and its bytes are Sellsy's.",
        )
    if tool.read_back:
        return (
            Level.PARTLY,
            "L'outil a accepté le PDF et dit ce qui est joint quand il le peut ; ses octets ne se relisent pas.",
            "The tool accepted the PDF and tells what is attached where it can; its bytes are not read back.",
        )
    return (
        Level.PARTLY,
        "L'outil a accepté le PDF ; il ne le montre pas ensuite.",
        "The tool accepted the PDF; it does not show it afterwards.",
    )


def _read_back(tool: Capabilities) -> Ruling:
    if not tool.read_back:
        return (
            Level.NOT_PROVABLE,
            "L'écriture ne se relit pas par cette voie : comparez avec l'outil ou son export FEC.",
            "The entry cannot be read back this way: compare with the tool or its FEC export.",
        )
    chosen = _chosen_by_the_tool(tool)
    if chosen:
        french, english = (", ".join(texts) for texts in zip(*chosen, strict=True))
        return (
            Level.PROVED,
            f"Chaque écriture est relue et comparée ; ce que l'outil choisit lui-même ne compte pas ({french}).",
            f"Each entry is read back and compared; what the tool chooses by itself does not count ({english}).",
        )
    return (
        Level.PROVED,
        "Chaque écriture est relue et comparée ligne par ligne, au centime.",
        "Each entry is read back and compared line by line, to the cent.",
    )


def _chosen_by_the_tool(tool: Capabilities) -> list[tuple[str, str]]:
    found = (
        (tool.chooses_journal, ("le journal", "the journal")),
        (tool.chooses_vat_accounts, ("les comptes de TVA", "the VAT accounts")),
        (tool.merges_lines, ("les lignes qu'il réunit", "the lines it merges")),
    )
    return [texts for chosen, texts in found if chosen]


def _draft(tool: Capabilities) -> Ruling:
    if tool.draft and tool.read_back:
        return (
            Level.PROVED,
            "L'écriture peut attendre la validation du comptable, et se relit dans cet état.",
            "The entry can wait for the accountant's validation, and is read back in that state.",
        )
    if tool.draft:
        return (
            Level.PARTLY,
            "L'outil accepte un brouillon ; il ne se relit pas.",
            "The tool takes a draft; it is not read back.",
        )
    if tool.document_only:
        return (
            Level.NOT_PROVABLE,
            f"Aucun brouillon ; mode « {tool.document_only} » : le PDF seul est déposé, le comptable fait l'écriture.",
            f"No draft; mode `{tool.document_only}`: the PDF alone is handed over, the accountant makes the entry.",
        )
    return (
        Level.NOT_PROVABLE,
        "Aucun brouillon : l'écriture est définitive pour l'outil dès son envoi.",
        "No draft: the entry is final for the tool as soon as it is sent.",
    )


def _closed_period(tool: Capabilities) -> Ruling:
    if tool.batches:
        return (
            Level.NOT_PROVABLE,
            "L'import du fichier décide seul ; son refus n'est connu que si quelqu'un le dit.",
            "The import of the file decides alone; its refusal is known only if somebody tells it.",
        )
    if tool.reads_period_locks:
        return (
            Level.PROVED,
            "Les exercices et les périodes bloquées sont lus avant l'envoi.",
            "Fiscal years and locked periods are read before anything is sent.",
        )
    return (
        Level.PARTLY,
        "Un mois bloqué n'est connu qu'au refus de l'outil ; la pièce attend alors, avec la raison.",
        "A locked month is known only when the tool refuses; the document then waits, with the reason.",
    )


def _third_party_matching(tool: Capabilities) -> Ruling:
    if tool.third_parties is ThirdPartySupport.NONE or tool.batches:
        return (
            Level.NOT_PROVABLE,
            "Les tiers de l'outil ne se lisent pas : le compte auxiliaire est celui que nous formons.",
            "The tool's third parties cannot be read: the auxiliary account is the one we form.",
        )
    if not tool.third_party_ids:
        return (
            Level.PARTLY,
            "Les tiers se lisent par compte et par nom, sans SIREN ni numéro de TVA.",
            "Third parties are read by account and name, without SIREN or VAT number.",
        )
    return (
        Level.PROVED,
        "Les tiers se lisent avec leur SIREN ou leur numéro de TVA, et sont reconnus par eux.",
        "Third parties are read with their SIREN or VAT number, and recognised by them.",
    )


_RULES: Mapping[Promise, Callable[[Capabilities], Ruling]] = {
    Promise.POSTED_ONCE: _posted_once,
    Promise.PDF_ATTACHED: _pdf_attached,
    Promise.READ_BACK: _read_back,
    Promise.DRAFT: _draft,
    Promise.CLOSED_PERIOD: _closed_period,
    Promise.THIRD_PARTY_MATCHING: _third_party_matching,
}
