"""Tell how far vectors have come into Milvus.

Revision shared_vectors, after whole_clusters.
"""

import sqlalchemy as sa
from alembic import op

revision = "shared_vectors"
down_revision = "whole_clusters"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "shared_vectors",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("model_hash", sa.String(length=64), nullable=False),
        sa.Column("filling", sa.Integer(), nullable=False),
        sa.Column("seen", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shared_vectors")),
        sa.UniqueConstraint("model_hash", name=op.f("uq_shared_vectors_model_hash")),
    )


def downgrade() -> None:
    op.drop_table("shared_vectors")
