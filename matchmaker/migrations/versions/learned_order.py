"""What the decisions of a cluster taught about the order of its suggestions.

Revision learned_order, after teasers.
"""

import sqlalchemy as sa
from alembic import op

revision = "learned_order"
down_revision = "teasers"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "learned_order",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("cluster_id", sa.Integer(), nullable=False),
        sa.Column("weights", sa.JSON(), nullable=False),
        sa.Column("better", sa.Integer(), nullable=False),
        sa.Column("worse", sa.Integer(), nullable=False),
        sa.Column("same", sa.Integer(), nullable=False),
        sa.Column("adopted", sa.Boolean(), nullable=False),
        sa.Column("wanted", sa.Boolean(), nullable=False),
        sa.Column("learned_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["cluster_id"], ["cluster.id"], name=op.f("fk_learned_order_cluster_id_cluster"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_learned_order")),
        sa.UniqueConstraint("cluster_id", name=op.f("uq_learned_order_cluster_id")),
    )


def downgrade() -> None:
    op.drop_table("learned_order")
