"""The Flask extensions, created once and bound to an application in ``create_app``."""

from __future__ import annotations

from flask_bootstrap import Bootstrap5
from flask_mailman import Mail
from flask_wtf import CSRFProtect

from matchmaker.translations import Babel

babel = Babel()
bootstrap = Bootstrap5()
csrf = CSRFProtect()
mail = Mail()
