"""Say of every API token whether it also takes data along.

Revision token_exports, after cluster_exports.
"""

import sqlalchemy as sa
from alembic import op

revision = "token_exports"
down_revision = "cluster_exports"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("api_token", schema=None) as batch_op:
        batch_op.add_column(sa.Column("exports", sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("api_token", schema=None) as batch_op:
        batch_op.drop_column("exports")
