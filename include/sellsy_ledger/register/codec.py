"""Between values and the text that is stored. JSON by msgspec: exact decimals as text, dates as ISO, no float."""

from __future__ import annotations

import hashlib
from typing import Any, TypeVar

import msgspec

from sellsy_ledger.core.documents import Document, SupportingDocument
from sellsy_ledger.core.entries import JournalEntry
from sellsy_ledger.core.third_parties import LedgerThirdParty, ThirdParty
from sellsy_ledger.register.records import Posting

__all__ = ["chain_hash", "clean", "decode", "encode", "hash_text", "searched"]

_ENCODER = msgspec.json.Encoder()
_DECODERS: dict[type[msgspec.Struct], msgspec.json.Decoder[Any]] = {
    kind: msgspec.json.Decoder(kind)
    for kind in (Document, ThirdParty, LedgerThirdParty, SupportingDocument, JournalEntry, Posting)
}
_SEARCHED_MAX = 300
_Value = TypeVar("_Value", bound=msgspec.Struct)


def encode(value: msgspec.Struct) -> str:
    """The stored text of a value."""
    return _ENCODER.encode(value).decode()


def decode(kind: type[_Value], text: str) -> _Value:
    """The value of a stored text."""
    value: _Value = _DECODERS[kind].decode(text)
    return value


def clean(text: str) -> str:
    """Text that every database keeps: PostgreSQL refuses NUL, UTF-8 has no lone surrogates.

    Only for the searched columns; the JSON content escapes what it must by itself.
    """
    if text.isprintable():
        return text
    return text.replace("\x00", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode()


def searched(text: str) -> str:
    """Clean text for an index: PostgreSQL refuses more than some 2,700 bytes; a longer one ends with its hash."""
    text = clean(text)
    return text if len(text) <= _SEARCHED_MAX else f"{text[:_SEARCHED_MAX]}…{hash_text(text)}"


def hash_text(text: str) -> str:
    """SHA-256 of a text, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def chain_hash(parts: tuple[str | None, ...]) -> str:
    """SHA-256 of several stored texts, unambiguous about where one ends."""
    return hashlib.sha256(_ENCODER.encode(parts)).hexdigest()
