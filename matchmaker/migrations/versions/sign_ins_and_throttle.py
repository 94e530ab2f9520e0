"""sign-ins that tell their device and last use; counts of what may happen only so often.

Revision sign_ins_and_throttle, after introductions.
"""

import sqlalchemy as sa
from alembic import op

revision = "sign_ins_and_throttle"
down_revision = "introductions"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "throttle",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("closed_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_throttle")),
    )
    op.create_index(op.f("ix_throttle_ends_at"), "throttle", ["ends_at"])
    # Sign-ins of before name no device and would have to be told when they were last used: everybody signs in once.
    op.execute(sa.text("DELETE FROM sign_in"))
    with op.batch_alter_table("sign_in") as table:
        table.add_column(sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False))
        table.add_column(sa.Column("remembered", sa.Boolean(), nullable=False))
        table.add_column(sa.Column("browser", sa.String(length=20), nullable=False))
        table.add_column(sa.Column("system", sa.String(length=20), nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("sign_in") as table:
        for name in ("system", "browser", "remembered", "last_seen_at"):
            table.drop_column(name)
    op.drop_table("throttle")
