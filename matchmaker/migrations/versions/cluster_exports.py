"""Keep the files in which clusters leave.

Revision cluster_exports, after webhooks.
"""

import sqlalchemy as sa
from alembic import op

revision = "cluster_exports"
down_revision = "webhooks"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "cluster_export",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("cluster_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ready_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.ForeignKeyConstraint(
            ["cluster_id"], ["cluster.id"], name=op.f("fk_cluster_export_cluster_id_cluster"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_cluster_export_user_id_user"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cluster_export")),
        sa.UniqueConstraint("public_id", name=op.f("uq_cluster_export_public_id")),
    )
    with op.batch_alter_table("cluster_export", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_cluster_export_cluster_id"), ["cluster_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("cluster_export", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_cluster_export_cluster_id"))

    op.drop_table("cluster_export")
