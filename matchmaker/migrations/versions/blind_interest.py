"""Remember of a silent mark whether it was made by a teaser.

Revision blind_interest, after formats.
"""

import sqlalchemy as sa
from alembic import op

revision = "blind_interest"
down_revision = "formats"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Which of the older ones were made by a teaser is not known; they are taken for open ones, which show nothing more.
    with op.batch_alter_table("interest", schema=None) as batch_op:
        batch_op.add_column(sa.Column("blind", sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("interest", schema=None) as batch_op:
        batch_op.drop_column("blind")
