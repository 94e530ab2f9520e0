"""How often users want a digest.

Revision digest_rhythm, after conversations.
"""

import sqlalchemy as sa
from alembic import op

revision = "digest_rhythm"
down_revision = "conversations"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "digest_rhythm",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("every", sa.String(length=10), nullable=False),
        sa.Column("looked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_digest_rhythm_user_id_user"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_digest_rhythm")),
    )


def downgrade() -> None:
    op.drop_table("digest_rhythm")
