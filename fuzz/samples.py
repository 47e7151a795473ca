"""Sound objects to begin with: sales in every documented field, purchases as the sandbox gives them, third parties."""

from __future__ import annotations

import json
import random
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path
from typing import Any

from sellsy_ledger.core.documents import Kind
from sellsy_ledger_sandbox.sellsy.accounts import build_accounts
from sellsy_ledger_sandbox.sellsy.reference import TAXES as SANDBOX_TAXES

__all__ = ["TAXES", "journal_of", "purchase", "sale", "third_party"]

Json = dict[str, Any]

TAXES = {tax.id: tax.rate for tax in SANDBOX_TAXES}
_SPECIFICATION = Path(__file__).parents[1] / "tests" / "data" / "sellsy" / "openapi-2.264.0-extract.json"
_PATHS = {Kind.SALES_INVOICE: "/invoices/{id}", Kind.SALES_CREDIT_NOTE: "/credit-notes/{id}"}
_CENT = Decimal("0.01")


@cache
def _specification() -> Json:
    found: Json = json.loads(_SPECIFICATION.read_text(encoding="utf-8"))
    return found


def _answer(path: str) -> Json:
    found: Json = _specification()["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    return found


def documented(schema: Json, depth: int = 0) -> Any:
    """A value with every field that the description has, six levels deep at most."""
    if "$ref" in schema:
        return documented(_specification()["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]], depth)
    if depth > 6:
        return None
    if "oneOf" in schema or "anyOf" in schema:
        own = {key: value for key, value in schema.items() if key not in ("oneOf", "anyOf")}
        chosen = documented((schema.get("oneOf") or schema["anyOf"])[0], depth)
        rest = documented(own, depth) if "properties" in own else None
        return {**rest, **chosen} if isinstance(rest, dict) and isinstance(chosen, dict) else chosen
    if "allOf" in schema:
        whole: Json = {}
        for part in [*schema["allOf"], {"type": "object", "properties": schema.get("properties", {})}]:
            value = documented(part, depth)
            if not isinstance(value, dict):
                return value
            whole.update(value)
        return whole
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type")
    if kind == "array":
        return [documented(schema.get("items", {}), depth + 1)]
    if kind == "object" or "properties" in schema:
        return {name: documented(one, depth + 1) for name, one in schema.get("properties", {}).items()}
    return {"string": "2026-02-03" if schema.get("format") == "date" else "a", "integer": 3, "boolean": False}.get(
        kind or ""
    )


@cache
def _template(kind: Kind) -> str:
    return json.dumps(documented(_answer(_PATHS[kind])))


def sale(rng: random.Random, kind: Kind) -> Json:
    """An accounted sale whose totals close, as the single GET gives it: one to five rows of one to three taxes."""
    found: Json = json.loads(_template(kind))
    own_row: Json = next((row for row in found.get("rows") or [] if isinstance(row, dict)), {})
    rows = [_sale_row(rng, own_row, position) for position in range(rng.randint(1, 5))]
    nets: dict[int, Decimal] = {}
    for row in rows:
        nets[row["tax_id"]] = nets.get(row["tax_id"], Decimal(0)) + Decimal(row["amount_tax_exc"])
    taxes = [
        {
            "label": f"TVA {TAXES[tax]}%",
            "id": tax,
            "rate": f"{TAXES[tax]:.9f}",
            "amount": _money(net * TAXES[tax] / 100),
        }
        for tax, net in nets.items()
    ]
    net = sum(nets.values())
    gross = net + sum(Decimal(str(tax["amount"])) for tax in taxes)
    identity = rng.randint(1, 10**6)
    amounts = {"total_raw_excl_tax": _money(net), "total_after_discount_excl_tax": _money(net)}
    amounts |= {"total_packaging": "0.00", "total_shipping": "0.00", "total_excl_tax": _money(net)}
    amounts |= {"total_incl_tax": _money(gross), "total_remaining_due_incl_tax": _money(gross)}
    found |= {
        "id": identity,
        "number": f"F-2026-{identity}",
        "status": "stored" if kind.is_credit_note else "due",
        "date": f"2026-0{rng.randint(1, 9)}-1{rng.randint(0, 9)}",
        "due_date": "2026-11-05",
        "created": "2026-02-03T10:12:44+01:00",
        "amounts": amounts | {"total_primes_incl_tax": "0.00"},
        "currency": "EUR",
        "taxes": taxes,
        "discount": None,
        "related": [{"id": 8002, "type": "contact"}, {"id": 7001, "type": "company"}],
        "decimal_number": {"unit_price": 2, "quantity": 2, "main": 2},
        "is_deposit": rng.random() < 0.1,
        "is_sent_to_accounting": True,
        "service_dates": {"start": "2026-01-01", "end": "2026-03-31"},
        "company_name": "Café de la Gare",
        "vat_mode": rng.choice(["debit", "collection"]),
        "analytic_code": None,
        "rows": [{"id": 1, "type": "title", "text": "Prestations"}, *rows],
        "_embed": {"company": third_party(), "individual": None, "deposits": [], "discount_incl_taxes": []},
    }
    if rng.random() < 0.15 and gross > 20:
        found["_embed"]["deposits"] = [{"id": 4, "number": "AC-4", "amount": "12.00", "date": "2026-01-05"}]
        amounts_of: Json = found["amounts"]
        amounts_of["total_remaining_due_incl_tax"] = _money(gross - 12)
    if rng.random() < 0.15 and len(taxes) == 1:
        _discount(found, net, taxes[0])
    return found


def _discount(found: Json, net: Decimal | int, tax: Json) -> None:
    """A tenth off the whole, as Sellsy shows it."""
    left = (Decimal(net) * Decimal("0.9")).quantize(_CENT, ROUND_HALF_UP)
    vat = (left * Decimal(tax["rate"]) / 100).quantize(_CENT, ROUND_HALF_UP)
    tax["amount"] = _money(vat)
    found["discount"] = {"type": "percent", "amount": _money(Decimal(net) - left), "value": "10"}
    found["amounts"] |= {"total_after_discount_excl_tax": _money(left), "total_excl_tax": _money(left)}
    found["amounts"] |= {"total_incl_tax": _money(left + vat), "total_remaining_due_incl_tax": _money(left + vat)}
    found["_embed"]["deposits"] = []


def _sale_row(rng: random.Random, documented_row: Json, position: int) -> Json:
    tax = rng.choice([911, 911, 912, 913, 915])
    net = _money(Decimal(rng.randint(1, 500_000)) / 100)
    return {
        **documented_row,
        "id": position + 2,
        "type": rng.choice(["catalog", "single", "shipping"]),
        "tax_id": tax,
        "tax_rate": f"{TAXES[tax]:.2f}",
        "amount_tax_exc": net,
        "quantity": "1.00",
        "unit_amount": net,
        "reference": "MAINT",
        "description": "<p>Maintenance T1</p>",
        "accounting_code_id": rng.choice([None, 70, 71, 99]),
        "analytic_code": rng.choice([None, "A"]),
        "is_optional": False,
    }


def _money(amount: Decimal | int) -> str:
    return str(Decimal(amount).quantize(_CENT, ROUND_HALF_UP))


@cache
def _sandbox_purchases() -> dict[Kind, list[str]]:
    account = build_accounts()["demo-client"]
    kinds = {Kind.PURCHASE_INVOICE: "purchase-invoice", Kind.PURCHASE_CREDIT_NOTE: "purchase-credit-note"}
    return {kind: [json.dumps(filed.document) for filed in account.of_kind(name)] for kind, name in kinds.items()}


def purchase(rng: random.Random, kind: Kind) -> Json:
    """A purchase of the sandbox, as ``Purchase.getOne`` gives it without its envelope."""
    found: Json = json.loads(rng.choice(_sandbox_purchases()[kind]))
    return found


def third_party() -> Json:
    """A company in every documented field."""
    found: Json = json.loads(_company())
    found |= {"id": 7001, "name": "Café de la Gare", "reference": "CLI-77", "auxiliary_code": "0CAFE"}
    found |= {"accounting_code_id": 12345, "accounting_purchase_code_id": None}
    return found


@cache
def _company() -> str:
    return json.dumps(documented(_answer("/companies/{id}")))


def journal_of(kind: Kind, found: Json) -> list[Json]:
    """One line of Sellsy's accounting journal per document is enough to say that it is accounted."""
    names = {Kind.SALES_INVOICE: "invoice", Kind.SALES_CREDIT_NOTE: "creditnote"}
    names |= {Kind.PURCHASE_INVOICE: "purInvoice", Kind.PURCHASE_CREDIT_NOTE: "purCreditNote"}
    about = {"type": names[kind], "id": int(found["id"]), "number": found.get("ident") or found.get("number")}
    amount = {"direction": "debit", "value": found.get("totalAmount") or "1.00"}
    return [{"id": 1, "code": {"value": "411000"}, "amount": amount, "accounting_type": 1, "documents": [about]}]
