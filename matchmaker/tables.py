"""Every table of the product in one metadata, for migrations and tests."""

from __future__ import annotations

from matchmaker import repeats, throttle
from matchmaker.accounts import models as accounts
from matchmaker.audit import models as audit
from matchmaker.clusters import models as clusters
from matchmaker.conversations import models as conversations
from matchmaker.curation import models as curation
from matchmaker.db import Model
from matchmaker.digest import models as digest
from matchmaker.imports import models as imports
from matchmaker.introductions import models as introductions
from matchmaker.mail import models as mail
from matchmaker.meetings import models as meetings
from matchmaker.needs import models as needs
from matchmaker.notifications import models as notifications
from matchmaker.outcomes import models as outcomes
from matchmaker.privacy import models as privacy
from matchmaker.profiles import models as profiles
from matchmaker.reports import models as reports
from matchmaker.suggestions import models as suggestions
from matchmaker.testfields import models as testfields
from matchmaker.transfers import models as transfers
from matchmaker.watches import models as watches
from matchmaker.webhooks import models as webhooks

modules = (
    accounts,
    audit,
    clusters,
    conversations,
    curation,
    digest,
    imports,
    introductions,
    mail,
    meetings,
    needs,
    notifications,
    outcomes,
    privacy,
    profiles,
    reports,
    suggestions,
    testfields,
    transfers,
    watches,
    webhooks,
    throttle,
    repeats,
)
metadata = Model.metadata
