"""What the books held before us, and which documents are like something that is there already.

Revision ID: 0002
"""

import sqlalchemy as sa
from alembic import op

from sellsy_ledger.register.tables import Instant

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "booked_entry",
        sa.Column("company", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("gross_cents", sa.BigInteger(), nullable=False),
        sa.Column("document", sa.Text(), nullable=True),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("company", "source", "id", name="pk_booked_entry"),
    )
    op.create_index("ix_booked_entry_company_document", "booked_entry", ["company", "document"])
    op.create_index("ix_booked_entry_company_direction_date", "booked_entry", ["company", "direction", "date"])
    op.create_table(
        "double",
        sa.Column("company", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("other", sa.Text(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("company", "key", "other", name="pk_double"),
        sa.ForeignKeyConstraint(["company", "key"], ["document.company", "document.key"], name="fk_double_document"),
    )


def downgrade() -> None:
    raise NotImplementedError("The register is evidence: restore a backup instead of taking its tables away.")
