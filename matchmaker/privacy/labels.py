"""The words for what the trail tells and the register says."""

from __future__ import annotations

from flask_babel import lazy_gettext as _

from matchmaker.audit import Event

#: What happened, in a few words.
EVENTS = {
    Event.SIGNED_IN: _("Signed in"),
    Event.SIGN_IN_FAILED: _("Sign-in failed"),
    Event.SIGNED_OUT: _("Signed out"),
    Event.SIGN_INS_ENDED: _("Signed out everywhere"),
    Event.PASSWORD_CHANGED: _("Password set"),
    Event.EMAIL_CHANGED: _("Address changed"),
    Event.FACTOR_CHANGED: _("Second factor changed"),
    Event.TOKEN_CREATED: _("API token made"),
    Event.TOKEN_REVOKED: _("API token revoked"),
    Event.WEBHOOK_ADDED: _("Webhook added"),
    Event.WEBHOOK_DROPPED: _("Webhook removed"),
    Event.REFUSED: _("Refused"),
    Event.INVITED: _("Invited"),
    Event.ROLE_CHANGED: _("Role changed"),
    Event.VISIBILITY_CHANGED: _("Who may read it changed"),
    Event.CONSENT_GIVEN: _("Agreed"),
    Event.CONSENT_WITHDRAWN: _("Agreement taken back"),
    Event.EXPORTED: _("Data exported"),
    Event.ERASED: _("Data erased"),
    Event.BREAK_GLASS: _("Read in an emergency"),
    Event.VERDICT_GIVEN: _("Verdict given"),
    Event.VERDICT_WITHDRAWN: _("Verdict taken back"),
    Event.SUSPENDED: _("Suspended"),
    Event.REINSTATED: _("Suspension lifted"),
    Event.REPORTED: _("Reported"),
    Event.REPORT_DECIDED: _("Report decided"),
    Event.PUT_BACK: _("Allowed again"),
    Event.SETTING_CHANGED: _("Setting changed"),
}

#: The legal grounds of GDPR art. 6 (1), as people call them.
GROUNDS = {
    "contract": _("to do what you signed up for"),
    "consent": _("because you agreed"),
    "law": _("because the law asks for it"),
    "interest": _("to keep the installation safe and working"),
}
