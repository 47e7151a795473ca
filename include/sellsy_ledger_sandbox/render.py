"""Public sample invoices as Sellsy objects, for tests that feed the product with them."""

from sellsy_ledger_sandbox.sellsy.render import to_sellsy

__all__ = ["to_sellsy"]
