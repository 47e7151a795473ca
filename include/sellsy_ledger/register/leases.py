"""One run at a time per company: a row that expires by the caller's clock, taken in one statement."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from sellsy_ledger.errors import LeaseHeld
from sellsy_ledger.register.tables import lease

__all__ = ["check", "free", "take"]


def take(connection: Connection, company: str, *, holder: str, seconds: float, now: datetime) -> str | None:
    """Take or prolong the lease.

    Returns:
        The holder whose expired lease was taken over, None when it was free or ours.

    Raises:
        LeaseHeld: somebody else holds it and it has not expired.
    """
    before = connection.execute(select(lease.c.holder).where(lease.c.company == company)).scalar()
    dialect: Any = sqlite if connection.dialect.name == "sqlite" else postgresql
    statement = dialect.insert(lease).values(
        company=company, holder=holder, taken_at=now, expires_at=now + timedelta(seconds=seconds)
    )
    statement = statement.on_conflict_do_update(
        index_elements=["company"],
        set_={name: statement.excluded[name] for name in ("holder", "taken_at", "expires_at")},
        where=or_(lease.c.holder == holder, lease.c.expires_at <= now),
    )
    if connection.execute(statement.returning(lease.c.holder)).scalar() is None:
        raise _held(connection, company)
    return before if before not in (None, holder) else None


def check(connection: Connection, company: str, *, holder: str, now: datetime, seconds: float = 0.0) -> None:
    """Let the living holder pass, if ``seconds`` of the lease are left.

    Raises:
        LeaseHeld: ``holder`` lost the lease, to somebody else or to the clock, or is about to.
    """
    until = now + timedelta(seconds=seconds)
    mine = select(lease.c.holder).where(
        lease.c.company == company, lease.c.holder == holder, lease.c.expires_at > until
    )
    if connection.execute(mine).scalar() is None:
        raise _held(connection, company)


def free(connection: Connection, company: str, *, holder: str) -> None:
    """Give the lease back; somebody else's stays."""
    connection.execute(delete(lease).where(lease.c.company == company, lease.c.holder == holder))


def _held(connection: Connection, company: str) -> LeaseHeld:
    row = connection.execute(select(lease.c.holder, lease.c.expires_at).where(lease.c.company == company)).first()
    if row is None:
        return LeaseHeld(f"The lease of {company} expired and was given back; the run must take it again.")
    return LeaseHeld(f"{company} is held by {row.holder} until {row.expires_at:%Y-%m-%d %H:%M:%S} UTC.")
