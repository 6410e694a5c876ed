from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from wutong.centres.data.master.change import actions
from wutong.centres.data.master.change.forms import ChangeForm
from wutong.centres.data.master.change.models import ChangeRequest
from wutong.centres.data.master.models import Institution
from wutong.kernel.errors import NotFound, WutongError


@require_http_methods(["GET", "POST"])
def start(request: HttpRequest) -> HttpResponse:
    return _form(request, actions.own_school(request.actor), None)


@require_http_methods(["GET", "POST"])
def revise(request: HttpRequest, pk: int) -> HttpResponse:
    found = ChangeRequest.objects.select_related("case").seen(request.actor, pk=pk)
    if not actions.may_edit_draft(request.actor, found):
        raise NotFound
    rows = Institution.objects.visible_to(request.actor).select_related("organisation__parent")
    return _form(request, rows.get(pk=found.organisation_id), found)


def _form(request: HttpRequest, institution: Institution, found: ChangeRequest | None) -> HttpResponse:
    form = ChangeForm(institution, request.POST if request.method == "POST" else None, request=found)
    if request.method == "POST" and form.is_valid():
        values = {"proposed": form.proposed(), "reason": form.cleaned_data["reason"]}
        try:
            saved = (
                actions.revise(request.actor, found, **values)
                if found
                else actions.ask(request.actor, institution, **values)
            )
            return redirect("process:case", number=saved.case.number)
        except WutongError as error:
            form.add_error(None, str(error.message))
    context = {"form": form, "institution": institution, "found": found}
    return render(request, "master/change_form.html", context, status=422 if form.errors else 200)
