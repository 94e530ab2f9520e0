"""Confidential texts: teasers in rows of their own, the managers an owner trusts, and openings by platform admins.

The statements and vectors of what is confidential are removed: from now on there are none.

Revision teasers, after privacy.
"""

import sqlalchemy as sa
from alembic import op

revision = "teasers"
down_revision = "privacy"
branch_labels = None
depends_on = None

ONE_ITEM = (
    "(CASE WHEN need_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN competence_id IS NULL THEN 0 ELSE 1 END)"
    " + (CASE WHEN test_field_id IS NULL THEN 0 ELSE 1 END) = 1"
)
ITEMS = ("competence", "need", "test_field")


def upgrade() -> None:
    op.create_table(
        "need_trusted",
        sa.Column("need_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["need_id"], ["need.id"], name=op.f("fk_need_trusted_need_id_need"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_need_trusted_user_id_user"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("need_id", "user_id", name=op.f("pk_need_trusted")),
    )
    op.create_index(op.f("ix_need_trusted_user_id"), "need_trusted", ["user_id"])

    op.create_table(
        "test_field_trusted",
        sa.Column("test_field_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["test_field_id"],
            ["test_field.id"],
            name=op.f("fk_test_field_trusted_test_field_id_test_field"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_test_field_trusted_user_id_user"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("test_field_id", "user_id", name=op.f("pk_test_field_trusted")),
    )
    op.create_index(op.f("ix_test_field_trusted_user_id"), "test_field_trusted", ["user_id"])

    op.create_table(
        "competence_trusted",
        sa.Column("competence_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["competence_id"],
            ["competence.id"],
            name=op.f("fk_competence_trusted_competence_id_competence"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_competence_trusted_user_id_user"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("competence_id", "user_id", name=op.f("pk_competence_trusted")),
    )
    op.create_index(op.f("ix_competence_trusted_user_id"), "competence_trusted", ["user_id"])

    op.create_table(
        "opening",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("need_id", sa.Integer(), nullable=True),
        sa.Column("competence_id", sa.Integer(), nullable=True),
        sa.Column("test_field_id", sa.Integer(), nullable=True),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.CheckConstraint(ONE_ITEM, name=op.f("ck_opening_one_item")),
        sa.ForeignKeyConstraint(
            ["competence_id"], ["competence.id"], name=op.f("fk_opening_competence_id_competence"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["need_id"], ["need.id"], name=op.f("fk_opening_need_id_need"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["test_field_id"], ["test_field.id"], name=op.f("fk_opening_test_field_id_test_field"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_opening_user_id_user"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opening")),
        sa.UniqueConstraint("public_id", name=op.f("uq_opening_public_id")),
    )
    op.create_index(op.f("ix_opening_competence_id"), "opening", ["competence_id"])
    op.create_index(op.f("ix_opening_need_id"), "opening", ["need_id"])
    op.create_index(op.f("ix_opening_test_field_id"), "opening", ["test_field_id"])
    op.create_index(op.f("ix_opening_user_id"), "opening", ["user_id"])

    op.create_table(
        "teaser",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("live", sa.Boolean(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("sector", sa.String(length=12), nullable=True),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("size", sa.String(length=10), nullable=True),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("cooperation", sa.JSON(), nullable=False),
        sa.Column("need_id", sa.Integer(), nullable=True),
        sa.Column("competence_id", sa.Integer(), nullable=True),
        sa.Column("test_field_id", sa.Integer(), nullable=True),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.CheckConstraint(ONE_ITEM, name=op.f("ck_teaser_one_item")),
        sa.ForeignKeyConstraint(
            ["competence_id"], ["competence.id"], name=op.f("fk_teaser_competence_id_competence"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["need_id"], ["need.id"], name=op.f("fk_teaser_need_id_need"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_teaser_organisation_id_organisation"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["test_field_id"], ["test_field.id"], name=op.f("fk_teaser_test_field_id_test_field"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_teaser")),
        sa.UniqueConstraint("public_id", name=op.f("uq_teaser_public_id")),
    )
    op.create_index(op.f("ix_teaser_competence_id"), "teaser", ["competence_id"])
    op.create_index(op.f("ix_teaser_need_id"), "teaser", ["need_id"])
    op.create_index(op.f("ix_teaser_organisation_id"), "teaser", ["organisation_id"])
    op.create_index(op.f("ix_teaser_test_field_id"), "teaser", ["test_field_id"])

    for table in ITEMS:
        with op.batch_alter_table(table) as batch_op:
            batch_op.add_column(sa.Column("teaser_facts", sa.JSON(), nullable=False, server_default=sa.text("'[]'")))
            batch_op.add_column(sa.Column("for_managers", sa.Boolean(), nullable=False, server_default=sa.false()))
        with op.batch_alter_table(table) as batch_op:
            batch_op.alter_column("teaser_facts", server_default=None)
            batch_op.alter_column("for_managers", server_default=None)
    with op.batch_alter_table("evidence") as batch_op:
        batch_op.drop_column("teaser")

    statement = sa.table("statement", sa.column("id"), sa.column("visibility"))
    embedding = sa.table("embedding", sa.column("statement_id"))
    with op.batch_alter_table("verdict") as batch_op:
        batch_op.add_column(sa.Column("on_teaser", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("verdict") as batch_op:
        batch_op.alter_column("on_teaser", server_default=None)

    confidential = statement.c.visibility.in_(["teaser", "private"])
    op.execute(embedding.delete().where(embedding.c.statement_id.in_(sa.select(statement.c.id).where(confidential))))
    op.execute(statement.delete().where(confidential))


def downgrade() -> None:
    # Older code would show these beside the organisation's name.
    op.execute("DELETE FROM verdict WHERE on_teaser")
    with op.batch_alter_table("verdict") as batch_op:
        batch_op.drop_column("on_teaser")
    for table in ITEMS:
        with op.batch_alter_table(table) as batch_op:
            batch_op.drop_column("for_managers")
            batch_op.drop_column("teaser_facts")
    with op.batch_alter_table("evidence") as batch_op:
        batch_op.add_column(sa.Column("teaser", sa.Text(), nullable=False, server_default=""))
    with op.batch_alter_table("evidence") as batch_op:
        batch_op.alter_column("teaser", server_default=None)
    # The tables go with their indexes; `matchmaker index sync` makes the statements that the older schema wants.
    op.execute("DELETE FROM embedding WHERE statement_id IN (SELECT id FROM statement WHERE audience = 'teaser')")
    op.execute("DELETE FROM statement WHERE audience = 'teaser'")
    op.drop_table("teaser")
    op.drop_table("opening")
    op.drop_table("competence_trusted")
    op.drop_table("test_field_trusted")
    op.drop_table("need_trusted")
