"""Who calls, what is found, and a full number with its entry in the journal."""

from datetime import date

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from ninja import Router

from wutong.config.api import schemas
from wutong.config.api.answers import answer
from wutong.config.api.caller import needs
from wutong.config.api.paging import refused
from wutong.kernel.people.actions import reveal_identifier
from wutong.kernel.people.models import Identifier, Organisation
from wutong.kernel.people.rules import may_see_numbers
from wutong.kernel.search.query import DEEPEST, search
from wutong.kernel.sheet.cells import CellProblem, text

router = Router(tags=["people"])
PAGE, MOST = 20, 100


@router.get("/me/", summary=_("我是谁"), response=schemas.Me, **needs())
def me(request: HttpRequest) -> HttpResponse:
    """The person or program that the token or the session stands for, with the roles of today."""
    caller, actor = request.caller, request.actor
    places = Organisation.objects.unscoped("names of the caller's own organisations")
    names = places.in_bulk([role.organisation_id for role in actor.roles])
    roles = [
        {"name": r.name, "organisation_id": r.organisation_id, "organisation": names[r.organisation_id].name}
        for r in actor.roles
    ]
    body = {"person_id": actor.person_id, "name": actor.name, "client": caller.client or None}
    return answer({**body, "scopes": sorted(caller.scopes), "roles": roles})


@router.get("/search", summary=_("搜索"), response=schemas.Hits, **needs("search:read"))
def find(
    request: HttpRequest,
    q: str = "",
    kind: str = "",
    limit: int = PAGE,
    offset: int = 0,
) -> HttpResponse:
    """What the search page finds."""
    depth = max(min(offset, DEEPEST - 1), 0)
    found = search(request.actor, q, kind=kind or None, limit=max(min(limit, MOST), 1), offset=depth)
    items = [{"title": h.title, "subtitle": h.subtitle, "kind": h.kind, "url": h.url} for h in found.items]
    counts = {"total_at_most": found.total_at_most, "facets": dict(found.facets), "took_ms": found.took}
    return answer({"items": items, **counts})


@router.post(
    "/persons/{int:pk}/numbers/{slug:kind}/",
    summary=_("查看完整号码"),
    response=schemas.FullNumber,
    **needs("numbers:read"),
)
def full_number(request: HttpRequest, pk: int, kind: str, body: schemas.Purpose) -> HttpResponse:
    """The journal keeps who looked and what for. On a session only the page shows it, after asking for the password."""
    numbers = Identifier.objects.unscoped("narrowed to the caller below").on(date.today())
    found = Identifier.objects.seen(request.actor, person=pk, kind=kind, pk__in=numbers.values("pk"))
    may_see_numbers.require(request.actor, found)
    try:
        purpose = text(body.purpose) or ""
    except CellProblem as problem:
        raise refused("purpose", problem.message) from None
    return answer({"kind": kind, "number": reveal_identifier(request.actor, found, purpose=purpose)})
