"""``matchmaker users``: people and their passwords, for whoever looks after the installation."""

from __future__ import annotations

import secrets

import click
from flask import current_app
from flask_babel import gettext as _
from flask_security import hash_password
from sqlalchemy import select

from matchmaker.accounts import operations, queries
from matchmaker.accounts.models import User
from matchmaker.commands import Group, option
from matchmaker.db import db
from matchmaker.texts import clean_line

users = Group("users", help="People: list, create, give roles, reset passwords, deactivate.")


def user_or_fail(email: str) -> User:
    """The user of an address, or a sentence that there is none."""
    user = queries.user_by_email(db.session, email)
    if user is None:
        raise click.ClickException(_("expected the address of a user, found none with %(email)s", email=email))
    return user


def _new_password() -> str:
    return secrets.token_urlsafe(15)


@users.command("list")
def list_users() -> None:
    """Every user: address, name, state."""
    for user in db.session.scalars(select(User).order_by(User.email)):
        state = "closed" if not user.active else "active" if user.confirmed_at else "unconfirmed"
        roles = ", ".join(role.name for role in user.roles)
        click.echo("\t".join((user.email, user.name, state, roles)).rstrip())


@users.command()
@click.argument("email")
@option("--name", default="", help="The person's name.")
def create(email: str, name: str) -> None:
    """Make a user; prints a generated password, once."""
    try:
        address = current_app.extensions["security"].mail_util.validate(email)
    except ValueError:
        raise click.ClickException(_("expected an e-mail address, found “%(found)s”", found=email)) from None
    if queries.user_by_email(db.session, address) is not None:
        raise click.ClickException(_("%(address)s has an account already", address=address))
    password = _new_password()
    operations.create_user(
        db.session, email=address, name=clean_line(name)[:120], password_hash=hash_password(password)
    )
    db.session.commit()
    _tell(address, password)


@users.command("reset-password")
@click.argument("email")
def reset_password(email: str) -> None:
    """Give a user a new generated password, printed once; every device is signed out."""
    user = user_or_fail(email)
    password = _new_password()
    operations.set_password(db.session, user, hash_password(password))
    db.session.commit()
    _tell(user.email, password)


def _tell(address: str, password: str) -> None:
    click.echo(f"{address}\t{password}")
    click.echo(_("This password is shown this once. Change it after signing in: Your account → Change your password."))


@users.command("reset-second-step")
@click.argument("email")
def reset_second_step(email: str) -> None:
    """Take app, passkeys and recovery codes away from a user who lost them; every device is signed out."""
    user = user_or_fail(email)
    operations.reset_second_step(db.session, user)
    db.session.commit()
    click.echo(_("%(email)s signs in with the password alone until another second step is set up", email=user.email))


@users.command()
@click.argument("email")
def deactivate(email: str) -> None:
    """Shut a user out; what they wrote stays."""
    user = user_or_fail(email)
    operations.deactivate(db.session, user)
    db.session.commit()
    click.echo(_("%(email)s is signed out everywhere and can't sign in any more", email=user.email))


commands = (users,)
