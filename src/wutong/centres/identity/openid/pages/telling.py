"""In plain words, what an application gets."""

from collections.abc import Collection
from typing import Any

from django.utils.translation import gettext as _

from wutong.centres.identity.applications.api import CLAIMS, Client
from wutong.centres.identity.openid.scopes import OF_PEOPLE, OFFLINE, OPENID


def what_it_gets(client: Client, scopes: Collection[str], claims: Collection[str]) -> dict[str, Any]:
    """For the page that asks: the application, whose it is, the facts, and what else it may do."""
    return {
        "client": client,
        "owner": client.organisation_name,
        "facts": [CLAIMS[name].title for name in claims],
        "more": list(_more(scopes)),
    }


def _more(scopes: Collection[str]) -> list[str]:
    found = [_("在您不在线时也能使用，直到您撤回同意")] if OFFLINE in scopes else []
    others = [scope for scope in scopes if scope not in (OPENID, OFFLINE, *OF_PEOPLE)]
    return found + [_("以您的身份使用接口：%(scope)s") % {"scope": scope} for scope in others]
