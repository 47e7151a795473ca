"""``$metadata``: what this company's Sage knows: resources, their properties, how long a text may be.

An EDMX document from a server is untrusted XML: a document type (the door of entities) is refused, and nothing but the
names and lengths of elements is looked at. Names are compared without regard to case.
"""

from __future__ import annotations

from xml.parsers import expat

import msgspec

__all__ = ["Metadata", "NotMetadata", "read_metadata"]

SIZE_MAX = 8 * 1024 * 1024
ACTION = "creerpiececomptable"
LINE_SET = "ecritures"


class NotMetadata(ValueError):
    """The document is no EDMX that can be read."""


class Metadata(msgspec.Struct, frozen=True, kw_only=True):
    """Everything in lower case.

    Attributes:
        sets: resource → its entity type.
        types: entity or complex type → property → longest text, None where not told.
        actions: action → its parameters.
    """

    sets: dict[str, str]
    types: dict[str, dict[str, int | None]]
    actions: dict[str, tuple[str, ...]]

    def has(self, resource: str) -> bool:
        """True when there is such a resource."""
        return resource.lower() in self.sets

    def has_action(self) -> bool:
        """True when entries can be created."""
        return ACTION in self.actions

    def knows(self, name: str, resource: str = LINE_SET) -> bool:
        """True when rows of ``resource`` have this property (or relation)."""
        return name.lower() in self._properties(resource)

    def takes(self, name: str) -> bool:
        """True when the head of an entry takes this value."""
        return name.lower() in self.actions.get(ACTION, ()) or self.knows(name)

    def longest(self, name: str, otherwise: int, resource: str = LINE_SET) -> int:
        """Characters that a text property holds; ``otherwise`` where that is not told, or more than it is known for."""
        told = self._properties(resource).get(name.lower())
        return min(told, otherwise) if told else otherwise

    def _properties(self, resource: str) -> dict[str, int | None]:
        return self.types.get(self.sets.get(resource.lower(), ""), {})


def read_metadata(body: bytes) -> Metadata:
    """Read an EDMX document.

    Raises:
        NotMetadata: no XML, a document type in it, too large, or no entity set.
    """
    if len(body) > SIZE_MAX:
        raise NotMetadata("the document is too large")
    reader = _Reader()
    parser = expat.ParserCreate()
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.EntityDeclHandler = _refuse_doctype
    try:
        parser.Parse(body, True)
    except expat.ExpatError as error:
        raise NotMetadata(f"the document is no XML ({expat.errors.messages[error.code]})") from None
    found = reader.metadata()
    if not found.sets:
        raise NotMetadata("the document names no resource")
    return found


def _refuse_doctype(*_: object) -> None:
    raise NotMetadata("the document has a document type, which no EDMX has")


class _Reader:
    def __init__(self) -> None:
        self._sets: dict[str, str] = {}
        self._types: dict[str, dict[str, int | None]] = {}
        self._bases: dict[str, str] = {}
        self._actions: dict[str, list[str]] = {}
        self._type = self._action = ""

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        tag = tag.rpartition(":")[2]
        name = attributes.get("Name", "").lower()
        if tag in ("EntityType", "ComplexType"):
            self._type = name
            self._types.setdefault(name, {})
            if "BaseType" in attributes:
                self._bases[name] = _bare(attributes["BaseType"])
        elif tag in ("Property", "NavigationProperty") and self._type:
            self._types[self._type][name] = _length(attributes.get("MaxLength", ""))
        elif tag == "Action":
            self._action = name
            self._actions.setdefault(name, [])
        elif tag == "Parameter" and self._action:
            self._actions[self._action].append(name)
        elif tag in ("EntitySet", "Singleton"):
            self._sets[name] = _bare(attributes.get("EntityType") or attributes.get("Type") or "")

    def end(self, tag: str) -> None:
        tag = tag.rpartition(":")[2]
        if tag in ("EntityType", "ComplexType"):
            self._type = ""
        elif tag == "Action":
            self._action = ""

    def metadata(self) -> Metadata:
        for name in self._types:
            base, seen = self._bases.get(name), {name}
            while base and base not in seen:
                seen.add(base)
                for each, length in self._types.get(base, {}).items():
                    self._types[name].setdefault(each, length)
                base = self._bases.get(base)
        actions = {name: tuple(parameters) for name, parameters in self._actions.items()}
        return Metadata(sets=self._sets, types=self._types, actions=actions)


def _bare(qualified: str) -> str:
    """``100S.Model.Ecriture`` → ``ecriture``."""
    return qualified.rpartition(".")[2].rstrip(")").lower()


def _length(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and int(text[:9]) > 0 else None
