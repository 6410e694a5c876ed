"""What every page shows around its content: navigation by role, counters, who and where one is."""

from functools import lru_cache, partial
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from wutong.kernel.module import REGISTRY, Entry
from wutong.kernel.notice.queries import unread_count
from wutong.kernel.people.models import Membership, Organisation
from wutong.kernel.prepared import Prepared
from wutong.kernel.process.queries import inbox_count
from wutong.kernel.ui.templatetags.ui import Known

SECTIONS = (
    ("office", _("办公")),
    ("network", _("一网")),
    ("centres", _("三中心")),
    ("platforms", _("两平台")),
    ("registers", _("台账")),
)


def shell(request: HttpRequest) -> dict[str, Any]:
    actor = getattr(request, "actor", None)
    if actor is None or actor.person_id is None:
        return {}
    return {
        "nav": SimpleLazyObject(partial(navigation, request)),
        "person_name": actor.name,
        "organisation": SimpleLazyObject(partial(organisation_of, request)),
        "person_role": SimpleLazyObject(partial(role_of, request)),
        "account_url": reverse("mfa_index"),
        **{name: SimpleLazyObject(partial(count, request.actor)) for name, count in COUNTERS.items()},
    }


def navigation(request: HttpRequest) -> Known:
    entries = sorted(
        (entry for module in REGISTRY for entry in module.nav if entry.allow(request.actor)),
        key=lambda entry: entry.order,
    )
    lines = [(entry, _line(request, entry)) for entry in entries]
    groups = [
        {"title": title, "entries": [line for entry, line in lines if entry.section == section]}
        for section, title in SECTIONS
    ]
    key = tuple((entry.url, line["current"]) for entry, line in lines)
    return Known((group for group in groups if group["entries"]), key)


def _line(request: HttpRequest, entry: Entry) -> dict[str, Any]:
    url = _address(entry.url)
    current = request.path == url if url == "/" else request.path.startswith(url)
    return {"title": entry.title, "url": url, "icon": entry.icon, "current": current}


@lru_cache(maxsize=256)
def _address(url: str) -> str:
    name, *arguments = url.split()
    return reverse(name, args=arguments)


def organisation_of(request: HttpRequest) -> str:
    role = next(iter(request.actor.roles), None)
    if role is None:
        return ""
    found = next(iter(_own(role.organisation_id)), None)
    return str(found.parent if found and found.kind == "class" else found or "")


@Prepared
def _own(organisation: int) -> QuerySet:
    rows = Organisation.objects.unscoped("one's own organisation")
    return rows.filter(pk=organisation).select_related("parent")


def role_of(request: HttpRequest) -> str:
    role = next(iter(request.actor.roles), None)
    return str(Membership.Role(role.name).label) if role else ""


COUNTERS: dict[str, Any] = {"inbox_count": inbox_count, "notice_count": unread_count}
