"""Signing in through somebody else: ORCID, or the organisation's own OpenID Connect provider.

What a provider says is believed in one respect only: that this is the person ``subject`` there. An account here is
opened by it where its owner connected the two while signed in, or where the provider vouches for an address that no
account uses yet. It never opens an account because the addresses are the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from authlib.common.errors import AuthlibBaseError
from authlib.integrations.flask_client import OAuth
from flask import Flask, Response, current_app
from joserfc.errors import JoseError
from requests.exceptions import RequestException

from matchmaker.config import Settings
from matchmaker.mail.letters import absolute_url

#: Seconds to wait for a provider.
PATIENCE = 10


class ProviderFailed(Exception):
    """The provider did not answer, or what it answered does not hold."""


@dataclass(frozen=True)
class Provider:
    """A provider people may sign in with."""

    key: str
    label: str
    issuer: str
    client_id: str
    client_secret: str
    scope: str


@dataclass(frozen=True)
class Claims:
    """Who a provider says somebody is; the address only where it says that it checked it."""

    issuer: str
    subject: str
    email: str
    name: str


def configured(settings: Settings) -> dict[str, Provider]:
    """The providers of an installation, by key."""
    made = []
    if settings.orcid_client_id:
        made.append(
            Provider(
                "orcid",
                "ORCID",
                settings.orcid_issuer,
                settings.orcid_client_id,
                settings.orcid_client_secret,
                "openid",
            )
        )
    if settings.oidc_issuer:
        made.append(
            Provider(
                "oidc",
                settings.oidc_name,
                settings.oidc_issuer,
                settings.oidc_client_id,
                settings.oidc_client_secret,
                "openid email profile",
            )
        )
    return {provider.key: provider for provider in made}


def init_app(app: Flask, settings: Settings) -> None:
    """Know the providers; none is asked anything before somebody signs in with it."""
    oauth = OAuth(app)
    providers = configured(settings)
    for provider in providers.values():
        oauth.register(
            provider.key,
            client_id=provider.client_id,
            client_secret=provider.client_secret,
            server_metadata_url=f"{provider.issuer}/.well-known/openid-configuration",
            client_kwargs={"scope": provider.scope, "code_challenge_method": "S256", "default_timeout": PATIENCE},
        )
    app.extensions["providers"] = (oauth, providers)
    app.jinja_env.globals["sign_in_providers"] = list(providers.values())


def find(key: str) -> Provider | None:
    """The provider of a key, where this installation has it."""
    provider: Provider | None = current_app.extensions["providers"][1].get(key)
    return provider


def leave_for(provider: Provider) -> Response:
    """Send the browser to the provider. Raises ProviderFailed."""
    oauth: OAuth = current_app.extensions["providers"][0]
    try:
        answer: Response = oauth.create_client(provider.key).authorize_redirect(
            absolute_url("accounts.come_back", provider=provider.key)
        )
    except (AuthlibBaseError, RequestException, ValueError, RuntimeError) as error:
        raise ProviderFailed(type(error).__name__) from error
    return answer


def who_came_back(provider: Provider) -> Claims:
    """Who the provider says it sent back; state, nonce and signature are checked. Raises ProviderFailed."""
    oauth: OAuth = current_app.extensions["providers"][0]
    try:
        token: dict[str, Any] = oauth.create_client(provider.key).authorize_access_token()
        said = token["userinfo"]
        subject = str(said["sub"])
    except (AuthlibBaseError, JoseError, RequestException, KeyError, TypeError, ValueError, RuntimeError) as error:
        raise ProviderFailed(type(error).__name__) from error
    if not 0 < len(subject) <= 255:
        raise ProviderFailed("subject")
    checked = said.get("email_verified") is True
    return Claims(
        issuer=provider.issuer,
        subject=subject,
        email=str(said.get("email") or "") if checked else "",
        name=str(said.get("name") or ""),
    )
