"""Handing out and revoking keys."""

import secrets
from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from wutong.kernel.action import action, change, create
from wutong.kernel.errors import Invalid
from wutong.kernel.people.models import Organisation
from wutong.kernel.policy import Actor
from wutong.platforms.learning.records.door.credentials import forget, secret_digest
from wutong.platforms.learning.records.models import Key, Profile, Scope
from wutong.platforms.learning.records.rules import keeps_keys


@action("records.create_key", title=_("发放接入密钥"), allow=keeps_keys)
def create_key(
    actor: Actor,
    organisation: Organisation,
    *,
    name: str,
    scopes: Sequence[str],
    secret: str,
    profiles: Sequence[str] = (),
    at: datetime,
) -> Key:
    """The caller makes the `secret` (`new_secret`) and shows it once; it cannot be read from here again."""
    known = [scope.value for scope in Scope if scope.value in scopes]
    if not known or set(scopes) - set(known):
        raise Invalid(fields={"scopes": _("请从列表中选择至少一项权限。")})
    if set(profiles) - set(Profile.values):
        raise Invalid(fields={"profiles": _("请从列表中选择。")})
    made = Key(organisation=organisation, name=name, username=secrets.token_hex(12), scopes=known, created=at)
    made.profiles, made.digest = sorted(profiles), secret_digest(secret)
    return create(made)


def new_secret() -> str:
    return secrets.token_urlsafe(32)


@action("records.revoke_key", title=_("停用接入密钥"), allow=keeps_keys)
def revoke_key(actor: Actor, key: Key, *, at: datetime) -> Key:
    revoked = key if key.revoked else change(key, revoked=at)
    forget()
    return revoked
