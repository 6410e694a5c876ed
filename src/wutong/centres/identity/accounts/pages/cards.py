"""Printing and voiding cards, by those who look after a class or a school."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from wutong.centres.identity.accounts.activation import Purpose, issue_card, open_codes, void_card
from wutong.centres.identity.accounts.cards import Face, card_face
from wutong.centres.identity.accounts.models import Account, OneTimeCode
from wutong.centres.identity.accounts.rules import CARDS_FOR, leads_class, with_power
from wutong.centres.identity.accounts.step_up import confirmed
from wutong.kernel.errors import NotFound
from wutong.kernel.people.models import Membership, Organisation
from wutong.kernel.policy import Actor, over

ROLES = {"class": ("pupil",), "school": ("teacher", "class_teacher")}


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """The classes and schools that the actor looks after."""
    return render(request, "accounts/cards.html", {"places": _places(request.actor)})


def _places(actor: Actor) -> list[Organisation]:
    today, found = timezone.localdate(), []
    rows = Organisation.objects.visible_to(actor).on(today).filter(kind__in=ROLES).select_related("parent")
    for role in actor.roles:
        if role.name in ("class_teacher", "clerk"):
            found += [
                each for each in rows.below(role.path).order_by("-kind", "path") if _prints(actor, each)
            ]
    return list(dict.fromkeys(found))


def _prints(actor: Actor, place: Organisation) -> bool:
    return any(over(*CARDS_FOR[role])(actor, place) for role in ROLES.get(place.kind, ()))


def _place(request: HttpRequest, pk: int) -> Organisation:
    place = Organisation.objects.select_related("parent").seen(request.actor, pk=pk)
    if not _prints(request.actor, place):
        raise NotFound
    return place


@confirmed
@never_cache
@require_http_methods(["GET", "POST"])
def place(request: HttpRequest, pk: int) -> HttpResponse:
    """Who has an account and who has a card; a POST prints new cards for those who are ticked, or voids one."""
    where = _place(request, pk)
    people = people_of(request.actor, where)
    if "void" in request.POST:
        return _voided(request, where, request.POST["void"])
    if request.method == "POST":
        return _printed(request, where, people)
    context = {
        "place": where,
        "lines": _lines(people),
        "leads": where.kind == "class" and leads_class(request.actor, where),
    }
    return render(request, "accounts/cards_of.html", context)


def people_of(actor: Actor, where: Organisation) -> list[Membership]:
    rows = Membership.objects.visible_to(actor).on(timezone.localdate())
    rows = rows.filter(organisation=where, role__in=ROLES[where.kind])
    found = rows.select_related("person", "organisation__parent").order_by("person__name", "person", "pk")
    powerful = with_power(row.person_id for row in found)
    return list({row.person_id: row for row in found if row.person_id not in powerful}.values())


def _lines(people: list[Membership]) -> list[dict[str, Any]]:
    keys = [row.person_id for row in people]
    accounts = dict(Account.objects.filter(person__in=keys).values_list("person_id", "username"))
    cards = {
        row.person_id: row for row in open_codes(timezone.now()).filter(purpose=Purpose.CARD, person__in=keys)
    }
    return [
        {"row": row, "username": accounts.get(row.person_id), "card": cards.get(row.person_id)}
        for row in people
    ]


def _printed(request: HttpRequest, where: Organisation, people: list[Membership]) -> HttpResponse:
    ticked = set(request.POST.getlist("person"))
    chosen = [row for row in people if str(row.person_id) in ticked]
    if not chosen:
        messages.warning(request, _("请先勾选要打印激活卡的人。"))
        return redirect("accounts:cards_of", where.pk)
    printed = [issue_card(request.actor, row) for row in chosen]
    address = request.build_absolute_uri(reverse("accounts:activate"))
    faces = [card_face(card, address) for card in printed]
    return download(faces, where, title=_("%(place)s激活卡") % {"place": where.full_name})


def download(
    faces: Sequence[Face], where: Organisation, *, title: str, notes: Sequence[str] = ()
) -> HttpResponse:
    from wutong.centres.identity.accounts.paper import sheet  # noqa: PLC0415  # only who prints needs its engine

    pdf = sheet(faces, title=title, notes=notes)
    name = f"cards-{where.pk}-{timezone.localtime():%Y%m%d-%H%M}.pdf"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(pdf, content_type="application/pdf", headers=headers)


def _voided(request: HttpRequest, where: Organisation, pk: str) -> HttpResponse:
    """A card that was lost opens nothing any more."""
    if not pk.isdecimal():
        raise NotFound
    rows = OneTimeCode.objects.select_related("organisation", "person")
    code = void_card(request.actor, rows.seen(request.actor, pk=pk, organisation=where))
    messages.success(request, _("%(name)s的激活卡已作废。") % {"name": code.person})
    return redirect("accounts:cards_of", where.pk)
