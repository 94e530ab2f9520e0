"""Keep what readers report, and what was decided.

Revision reports, after token_scope.
"""

import sqlalchemy as sa
from alembic import op

revision = "reports"
down_revision = "token_scope"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "report",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("need_id", sa.Integer(), nullable=True),
        sa.Column("competence_id", sa.Integer(), nullable=True),
        sa.Column("test_field_id", sa.Integer(), nullable=True),
        sa.Column("evidence_id", sa.Integer(), nullable=True),
        sa.Column("profile_id", sa.Integer(), nullable=True),
        sa.Column("on_teaser", sa.Boolean(), nullable=False),
        sa.Column("reporter_id", sa.Integer(), nullable=True),
        sa.Column("complaint", sa.String(length=16), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decision", sa.String(length=12), nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("removed", sa.JSON(), nullable=False),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.CheckConstraint(
            "(CASE WHEN need_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN competence_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN test_field_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN evidence_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN profile_id IS NULL THEN 0 ELSE 1 END) <= 1",
            name=op.f("ck_report_one_thing"),
        ),
        sa.ForeignKeyConstraint(
            ["competence_id"], ["competence.id"], name=op.f("fk_report_competence_id_competence"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["user.id"], name=op.f("fk_report_decided_by_id_user"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["evidence_id"], ["evidence.id"], name=op.f("fk_report_evidence_id_evidence"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["need_id"], ["need.id"], name=op.f("fk_report_need_id_need"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_report_organisation_id_organisation"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["profile_id"], ["profile.id"], name=op.f("fk_report_profile_id_profile"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["reporter_id"], ["user.id"], name=op.f("fk_report_reporter_id_user"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["test_field_id"], ["test_field.id"], name=op.f("fk_report_test_field_id_test_field"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report")),
        sa.UniqueConstraint("public_id", name=op.f("uq_report_public_id")),
    )
    with op.batch_alter_table("report", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_report_competence_id"), ["competence_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_report_decided_by_id"), ["decided_by_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_report_decision"), ["decision"], unique=False)
        batch_op.create_index(batch_op.f("ix_report_evidence_id"), ["evidence_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_report_need_id"), ["need_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_report_organisation_id"), ["organisation_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_report_profile_id"), ["profile_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_report_reporter_id"), ["reporter_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_report_test_field_id"), ["test_field_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("report", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_report_test_field_id"))
        batch_op.drop_index(batch_op.f("ix_report_reporter_id"))
        batch_op.drop_index(batch_op.f("ix_report_profile_id"))
        batch_op.drop_index(batch_op.f("ix_report_organisation_id"))
        batch_op.drop_index(batch_op.f("ix_report_need_id"))
        batch_op.drop_index(batch_op.f("ix_report_evidence_id"))
        batch_op.drop_index(batch_op.f("ix_report_decision"))
        batch_op.drop_index(batch_op.f("ix_report_decided_by_id"))
        batch_op.drop_index(batch_op.f("ix_report_competence_id"))

    op.drop_table("report")
