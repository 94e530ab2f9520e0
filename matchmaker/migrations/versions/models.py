"""The models that were taken into use, and how each text was read for its vector.

Revision models, after notifications.
"""

import sqlalchemy as sa
from alembic import op

revision = "models"
down_revision = "notifications"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "model_use",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=500), nullable=False),
        sa.Column("model_hash", sa.String(length=64), nullable=False),
        sa.Column("dimension", sa.Integer(), nullable=False),
        sa.Column("standing", sa.String(length=10), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_model_use")),
        sa.UniqueConstraint("model_hash", name=op.f("uq_model_use_model_hash")),
    )
    with op.batch_alter_table("embedding", schema=None) as batch_op:
        batch_op.add_column(sa.Column("reading", sa.String(length=32), server_default="", nullable=False))
        batch_op.add_column(sa.Column("glossary", sa.String(length=16), server_default="", nullable=False))
        batch_op.create_index("ix_embedding_text", ["model_hash", "text_hash"], unique=False)

    with op.batch_alter_table("index_clock", schema=None) as batch_op:
        batch_op.add_column(sa.Column("glossary", sa.Integer(), server_default="0", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("index_clock", schema=None) as batch_op:
        batch_op.drop_column("glossary")

    with op.batch_alter_table("embedding", schema=None) as batch_op:
        batch_op.drop_index("ix_embedding_text")
        batch_op.drop_column("glossary")
        batch_op.drop_column("reading")

    op.drop_table("model_use")
