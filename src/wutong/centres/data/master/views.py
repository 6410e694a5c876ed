"""Pages of the master data that no register gives."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from wutong.centres.data.master.forms import PurposeForm
from wutong.centres.identity.accounts.api import confirmed
from wutong.kernel.people.actions import reveal_identifier
from wutong.kernel.people.models import Identifier
from wutong.kernel.people.rules import may_see_numbers


@confirmed
@never_cache
@require_http_methods(["GET", "POST"])
def reveal(request: HttpRequest, pk: int) -> HttpResponse:
    """A full number, after saying what for; the journal keeps who looked."""
    identifier = Identifier.objects.seen(request.actor, pk=pk)
    may_see_numbers.require(request.actor, identifier)
    form, number = PurposeForm(request.POST or None), ""
    if request.method == "POST" and form.is_valid():
        number = reveal_identifier(request.actor, identifier, purpose=form.cleaned_data["purpose"])
    context = {"identifier": identifier, "form": form, "number": number}
    return render(request, "master/reveal.html", context, status=422 if form.errors else 200)
