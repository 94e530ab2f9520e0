"""Let an import bring its cluster with it.

Revision whole_clusters, after token_exports.
"""

import sqlalchemy as sa
from alembic import op

revision = "whole_clusters"
down_revision = "token_exports"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("import_run", schema=None) as batch_op:
        batch_op.alter_column("cluster_id", existing_type=sa.INTEGER(), nullable=True)


def downgrade() -> None:
    # What belongs to no cluster has no place in the older schema.
    op.execute(sa.text("DELETE FROM imported_row WHERE run_id IN (SELECT id FROM import_run WHERE cluster_id IS NULL)"))
    op.execute(sa.text("DELETE FROM import_run WHERE cluster_id IS NULL"))
    with op.batch_alter_table("import_run", schema=None) as batch_op:
        batch_op.alter_column("cluster_id", existing_type=sa.INTEGER(), nullable=False)
