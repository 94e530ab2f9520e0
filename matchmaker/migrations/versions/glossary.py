"""What managers change in the glossary.

Revision glossary, after dead_letters.
"""

import sqlalchemy as sa
from alembic import op

revision = "glossary"
down_revision = "dead_letters"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "glossary_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("source", sa.String(length=120), nullable=False),
        sa.Column("english", sa.String(length=200), nullable=False),
        sa.Column("german", sa.String(length=200), nullable=False),
        sa.Column("swedish", sa.String(length=200), nullable=False),
        sa.Column("context", sa.String(length=500), nullable=False),
        sa.Column("removed", sa.Boolean(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by_id", sa.Integer(), nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_by_id", sa.Integer(), nullable=True),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.ForeignKeyConstraint(
            ["made_by_id"], ["user.id"], name=op.f("fk_glossary_change_made_by_id_user"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["undone_by_id"], ["user.id"], name=op.f("fk_glossary_change_undone_by_id_user"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_glossary_change")),
        sa.UniqueConstraint("public_id", name=op.f("uq_glossary_change_public_id")),
    )


def downgrade() -> None:
    op.drop_table("glossary_change")
