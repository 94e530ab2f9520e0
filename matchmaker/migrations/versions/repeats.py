"""Answers that a program can ask for again.

Revision repeats, after blind_interest.
"""

import sqlalchemy as sa
from alembic import op

revision = "repeats"
down_revision = "blind_interest"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "repeat",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("request", sa.String(length=64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("headers", sa.JSON(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_repeat_user_id_user"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_repeat")),
    )
    with op.batch_alter_table("repeat", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_repeat_user_id"), ["user_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_repeat_created_at"), ["created_at"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("repeat", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_repeat_created_at"))
        batch_op.drop_index(batch_op.f("ix_repeat_user_id"))
    op.drop_table("repeat")
