"""Mails that are given up, and those that never expire.

Revision dead_letters, after sign_ins_and_throttle.
"""

import sqlalchemy as sa
from alembic import op

revision = "dead_letters"
down_revision = "sign_ins_and_throttle"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("outbox_message", schema=None) as batch_op:
        batch_op.add_column(sa.Column("kind", sa.String(length=60), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("given_up_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.alter_column("expires_at", existing_type=sa.DateTime(timezone=True), nullable=True)
        batch_op.create_index(batch_op.f("ix_outbox_message_given_up_at"), ["given_up_at"], unique=False)
    # What was a whole Message-ID is now its beginning; the rest is the domain of the installation's sender.
    op.execute("UPDATE outbox_message SET message_id = substr(message_id, 2, 32) WHERE message_id LIKE '<%'")


def downgrade() -> None:
    op.execute("UPDATE outbox_message SET message_id = '<' || message_id || '@localhost>'")
    op.execute("DELETE FROM outbox_message WHERE given_up_at IS NOT NULL OR expires_at IS NULL")
    with op.batch_alter_table("outbox_message", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_outbox_message_given_up_at"))
        batch_op.alter_column("expires_at", existing_type=sa.DateTime(timezone=True), nullable=False)
        batch_op.drop_column("given_up_at")
        batch_op.drop_column("kind")
