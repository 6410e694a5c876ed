"""The facts of an application that are asked for and approved, as plain values and as people read them."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from wutong.centres.identity.applications.claims import CLAIMS
from wutong.centres.identity.applications.models import Application
from wutong.centres.identity.applications.rules import only_cas

FACTS = (
    "name", "purpose", "kind", "grants", "service_prefixes", "redirect_uris", "post_logout_redirect_uris",
    "backchannel_logout_uri", "reach", "audience", "claims", "user_claim", "scopes", "subject_type",
    "sector_identifier", "auth_method", "jwks", "id_token_alg", "require_par", "dpop_bound", "acr",
)  # fmt: skip
OPENID_ONLY = ("auth_method", "id_token_alg", "scopes")
# Lists whose entries have names of their own.
NAMED = {
    "grants": dict(Application.Grant.choices),
    "audience": dict(Application.Audience.choices),
    "claims": {name: claim.title for name, claim in CLAIMS.items()},
}


def facts_of(application: Application) -> dict[str, Any]:
    return {name: getattr(application, name) for name in FACTS}


def with_facts(application: Application, facts: Mapping[str, Any]) -> Application:
    """The application as it would be; not to be saved."""
    values = {
        field.attname: getattr(application, field.attname) for field in Application._meta.concrete_fields
    }
    changed = Application(**{**values, **facts})
    changed.organisation = application.organisation
    return changed


def shown(application: Application, name: str) -> str:
    value = getattr(application, name)
    if name in NAMED:
        return " · ".join(str(NAMED[name].get(each, each)) for each in value)
    if name == "user_claim" and value:
        return str(CLAIMS[value].title)
    if name == "jwks":
        return _("%(count)d 把公钥") % {"count": len(value.get("keys", ()))} if value else ""
    if isinstance(value, bool):
        return _("是") if value else ""
    if isinstance(value, list):
        return " ".join(value)
    display = getattr(application, f"get_{name}_display", None)
    return str(display() if display else value)


def label(name: str) -> str:
    return str(Application._meta.get_field(name).verbose_name)


def lines(application: Application) -> list[dict[str, str]]:
    """What there is to say, for the `facts` component."""
    left_out = {"name", *(OPENID_ONLY if only_cas(application) else ())}
    found = [(label(name), shown(application, name)) for name in FACTS if name not in left_out]
    return [{"label": title, "value": text} for title, text in found if text]


def differences(
    application: Application, before: Mapping[str, Any], proposed: Mapping[str, Any]
) -> list[dict[str, str]]:
    """Before and after, for the `diff` component."""
    old, new = with_facts(application, before), with_facts(application, proposed)
    return [
        {"label": label(name), "before": shown(old, name), "after": shown(new, name)} for name in proposed
    ]
