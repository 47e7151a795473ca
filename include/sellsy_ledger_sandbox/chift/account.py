"""The account of emulated Chift: its consumers, its tokens, and what the control surface changes in them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from sellsy_ledger_sandbox.base import World
from sellsy_ledger_sandbox.chift.behind import BEHIND, CONSUMERS, Consumer
from sellsy_ledger_sandbox.chift.books import Books

__all__ = ["ACCOUNTING", "FILES", "REQUEST_ID", "Account", "Company", "controls"]

REQUEST_ID = "X-Chift-Client-RequestId"
ACCOUNTING = "/consumers/<consumer_id>/accounting"
FILES = "/files"


@dataclass
class Company:
    """A consumer: its folders' books, the request ids it has seen, and what the controls changed."""

    consumer: Consumer
    folders: dict[str, Books]
    integration: str
    agent_up: bool = True
    seen: dict[str, dict[str, Any]] = field(default_factory=dict)


@dataclass
class Account:
    """The whole Chift account."""

    world: World
    companies: dict[str, Company] = field(default_factory=dict)
    tokens: dict[str, float] = field(default_factory=dict)
    issued: int = 0

    def reset(self) -> None:
        """Back to the start."""
        self.companies = {each.id: _company(self.world, each) for each in CONSUMERS}
        self.tokens.clear()
        self.issued = 0

    def named(self, name: str) -> Company | None:
        """A company by its consumer's name."""
        return next((each for each in self.companies.values() if each.consumer.name == name), None)


def _company(world: World, consumer: Consumer) -> Company:
    behind = BEHIND[consumer.behind]
    folders = {
        folder: Books(world, behind, f"{consumer.behind[:2].upper()}{place}-")
        for place, folder in enumerate(behind.folders or {"": ""}, 1)
    }
    return Company(consumer, folders, behind.integration)


# -- controls ----------------------------------------------------------------------------------------------------------
def controls(account: Account) -> Blueprint:
    """``POST /_sandbox/chift/consumers/<name>`` and ``POST /_sandbox/chift/revoke-tokens``."""
    routes = Blueprint("chiftcontrols", __name__)
    changes: dict[str, Callable[[Company, Any], None]] = {
        "agent": lambda company, value: setattr(company, "agent_up", value == "up"),
        "integration": lambda company, value: setattr(company, "integration", str(value)),
        "open_journals": lambda company, value: _each_book(company, "busy_journals", set(value)),
        "drops_pdf": lambda company, value: _each_book(company, "drops_pdf", bool(value)),
        "match": lambda company, value: _match(company, str(value)),
    }

    @routes.post("/consumers/<name>")
    def change(name: str) -> ResponseReturnValue:
        company, wanted = account.named(name), request.get_json(force=True)
        if company is None:
            return jsonify(error="no such consumer"), 404
        if not isinstance(wanted, dict) or not changes.keys() >= wanted.keys():
            return jsonify(error=f"only {', '.join(changes)} can be changed"), 400
        with account.world.lock:
            for what, value in wanted.items():
                changes[what](company, value)
        return jsonify(wanted)

    @routes.post("/revoke-tokens")
    def revoke() -> ResponseReturnValue:
        with account.world.lock:
            count = len(account.tokens)
            account.tokens.clear()
        return jsonify(revoked=count)

    return routes


def _match(company: Company, key: str) -> None:
    """The accountant matches the entry of that key with its payment."""
    for books in company.folders.values():
        for booked in books.booked:
            booked.matched = booked.matched or booked.key == key


def _each_book(company: Company, what: str, value: Any) -> None:
    for books in company.folders.values():
        setattr(books, what, value)
