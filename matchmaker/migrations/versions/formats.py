"""Say of every import what its file is written in, and whose rows are that name nobody.

Revision formats, after reports.
"""

import sqlalchemy as sa
from alembic import op

revision = "formats"
down_revision = "reports"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("import_run", schema=None) as batch_op:
        batch_op.add_column(sa.Column("format", sa.String(length=10), server_default="csv", nullable=False))
        batch_op.add_column(sa.Column("organisation", sa.String(length=200), server_default="", nullable=False))
    # Until now the name alone told it.
    for ending, written in (("xlsx", "xlsx"), ("jsonl", "jsonl"), ("ndjson", "jsonl")):
        op.execute(
            sa.text(
                "UPDATE import_run SET format = :written WHERE lower(filename) LIKE :plain OR lower(filename) LIKE :packed"
            ).bindparams(written=written, plain=f"%.{ending}", packed=f"%.{ending}.gz")
        )


def downgrade() -> None:
    with op.batch_alter_table("import_run", schema=None) as batch_op:
        batch_op.drop_column("organisation")
        batch_op.drop_column("format")
