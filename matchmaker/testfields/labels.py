"""The words for the kinds of test fields and how one works there."""

from __future__ import annotations

from flask_babel import lazy_gettext as _

from matchmaker.items.labels import name
from matchmaker.testfields.models import Place, TestFieldKind

name(
    TestFieldKind,
    {
        TestFieldKind.GMP_UNIT: _("GMP unit"),
        TestFieldKind.PRE_GMP_UNIT: _("Pre-GMP unit"),
        TestFieldKind.CLINICAL_TRIAL_UNIT: _("Clinical trial unit"),
        TestFieldKind.BIOBANK: _("Biobank"),
        TestFieldKind.REGISTRY: _("Registry"),
        TestFieldKind.IMAGING: _("Imaging facility"),
        TestFieldKind.LIVING_LAB: _("Living lab"),
        TestFieldKind.TEST_BED: _("Test bed"),
        TestFieldKind.PILOT_LINE: _("Pilot line"),
        TestFieldKind.ANIMAL_FACILITY: _("Animal facility"),
        TestFieldKind.USABILITY_LAB: _("Usability lab"),
        TestFieldKind.DATA_PLATFORM: _("Data platform"),
        TestFieldKind.CORE_FACILITY: _("Core facility"),
    },
)
name(Place, {Place.PHYSICAL: _("On site"), Place.REMOTE: _("Remote"), Place.VIRTUAL: _("Virtual")})
