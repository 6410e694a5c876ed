"""Ways to other stores: open one, see how far it is, stop it, let it go on."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from wutong.kernel.errors import NotAllowed, WutongError
from wutong.platforms.learning.records.forwarding.actions import create_forward, resume_forward, stop_forward
from wutong.platforms.learning.records.forwarding.forms import ForwardForm
from wutong.platforms.learning.records.forwarding.models import Forward
from wutong.platforms.learning.records.keeping import KEEPERS


def _require_keeper(request: HttpRequest) -> None:
    if not request.actor.holds(*KEEPERS):
        raise NotAllowed


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    _require_keeper(request)
    rows = Forward.objects.visible_to(request.actor).select_related("organisation")
    return render(request, "records/forwards.html", {"rows": rows.order_by("stopped", "-created", "pk")})


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    _require_keeper(request)
    form = ForwardForm(request.actor, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        values = dict(form.cleaned_data)
        try:
            made = create_forward(request.actor, values.pop("organisation"), **values)
            messages.success(request, _("已开通，一分钟内开始转发。"))
            return redirect("records:forward", made.pk)
        except WutongError as error:
            for name, sentence in error.fields.items() or [(None, error)]:
                form.add_error(name, str(sentence))
    status = 422 if form.errors else 200
    return render(request, "records/forward_new.html", {"form": form}, status=status)


def _forward(request: HttpRequest, pk: int) -> Forward:
    return Forward.objects.select_related("organisation").seen(request.actor, pk=pk)


@require_GET
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    return render(request, "records/forward.html", {"forward": _forward(request, pk)})


@require_POST
def stop(request: HttpRequest, pk: int) -> HttpResponse:
    found = stop_forward(request.actor, _forward(request, pk))
    messages.success(request, _("转发已停止。恢复后从停下的地方接着转发。"))
    return redirect("records:forward", found.pk)


@require_POST
def resume(request: HttpRequest, pk: int) -> HttpResponse:
    found = resume_forward(request.actor, _forward(request, pk))
    messages.success(request, _("一分钟内继续转发。"))
    return redirect("records:forward", found.pk)
