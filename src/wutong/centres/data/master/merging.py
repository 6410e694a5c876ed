"""Pages for two records that turn out to be one person: look at both, merge, and take it back."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from wutong.centres.data.master import queries
from wutong.kernel.errors import NotFound, WutongError
from wutong.kernel.people.actions import merge_persons, unmerge_persons
from wutong.kernel.people.models import Person, PersonMerge
from wutong.kernel.people.rules import oversees

SHOWN = (
    "name",
    "sex",
    "born",
    "ethnic_group",
    "phone",
    "address",
    "identity",
    "pupil_national",
    "organisation",
)


class MergeForm(forms.Form):
    number = forms.CharField(
        label=_("另一份记录的号码"), max_length=40, help_text=_("身份证号、学籍号或教师号。")
    )
    reason = forms.CharField(label=_("合并理由"), max_length=300, required=False)


@require_http_methods(["GET", "POST"])
def merge(request: HttpRequest, pk: int) -> HttpResponse:
    """First the two side by side, then the merge; `confirm` tells the second from the first."""
    person = queries.persons(request.actor).filter(pk=pk).first()
    if person is None or not oversees(request.actor, person):
        raise NotFound
    form, other = MergeForm(request.POST or None), None
    if request.method == "POST" and form.is_valid():
        try:
            other = _other(request, person, form.cleaned_data["number"])
            if "confirm" in request.POST:
                merge_persons(request.actor, person, loser=other, reason=form.cleaned_data["reason"])
                return redirect("register:detail", "persons", person.pk)
        except WutongError as error:
            form.add_error(None, str(error.message))
    context = {"person": person, "other": other, "form": form, "rows": side_by_side(person, other)}
    return render(request, "master/merge.html", context, status=422 if form.errors else 200)


def _other(request: HttpRequest, person: Person, number: str) -> Person:
    found = next((p for kind in queries.NUMBERS if (p := queries.find_by_number(kind, number))), None)
    visible = found and queries.persons(request.actor).filter(pk=found.pk).first()
    if not visible or visible.pk == person.pk:
        raise NotFound(_("在您的查看范围内没有另一份这个号码的记录。"))
    return visible


def side_by_side(person: Person, other: Person | None) -> list[dict[str, Any]]:
    """The facts in which the two differ, for the `diff` component."""
    if other is None:
        return []
    from wutong.centres.data.master.registers import PERSONS  # noqa: PLC0415  # the register's pages link here

    columns = [PERSONS.by_name[name] for name in SHOWN]
    pairs = [(column.title, column.shown(other), column.shown(person)) for column in columns]
    return [{"label": title, "before": lost, "after": kept} for title, lost, kept in pairs if lost != kept]


@require_POST
def unmerge(request: HttpRequest, pk: int) -> HttpResponse:
    found = PersonMerge.objects.seen(request.actor, pk=pk)
    unmerge_persons(request.actor, found)
    return redirect("register:detail", "persons", found.winner_id)
