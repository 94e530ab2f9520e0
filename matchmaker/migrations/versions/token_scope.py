"""Say of every API token whether it also writes.

Revision token_scope, after watches.
"""

import sqlalchemy as sa
from alembic import op

revision = "token_scope"
down_revision = "watches"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Those made before only read from now on: whoever lets a program act in their name says so.
    with op.batch_alter_table("api_token", schema=None) as batch_op:
        batch_op.add_column(sa.Column("writes", sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("api_token", schema=None) as batch_op:
        batch_op.drop_column("writes")
