"""Keys of learning software: give one, look after it, take it back, try it out."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from wutong.kernel.errors import NotAllowed
from wutong.platforms.learning.records.actions import create_key, new_secret, revoke_key
from wutong.platforms.learning.records.door.call import BASES
from wutong.platforms.learning.records.forms import KeyForm
from wutong.platforms.learning.records.models import KEEPERS, Key
from wutong.platforms.learning.records.queries import keys
from wutong.platforms.learning.records.store.usage import last_used
from wutong.platforms.learning.records.trial import send_test_statement


def endpoints(request: HttpRequest) -> list[dict[str, str]]:
    """What people type into their learning software: without `statements`, which it adds itself."""
    return [{"label": f"xAPI {base}", "url": request.build_absolute_uri(f"/xapi/{base}/")} for base in BASES]


def _require_keeper(request: HttpRequest) -> None:
    if not request.actor.holds(*KEEPERS):
        raise NotAllowed


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    _require_keeper(request)
    context = {"rows": keys(request.actor), "endpoints": endpoints(request)}
    return render(request, "records/keys.html", context)


@never_cache
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """The answer to the form shows the secret; nothing else ever does."""
    _require_keeper(request)
    form = KeyForm(request.actor, request.POST if request.method == "POST" else None)
    if request.method == "GET" or not form.is_valid():
        return render(request, "records/key_new.html", {"form": form}, status=422 if form.is_bound else 200)
    values, secret = dict(form.cleaned_data), new_secret()
    key = create_key(request.actor, values.pop("organisation"), secret=secret, **values)
    context = {"key": key, "secret": secret, "endpoints": endpoints(request)}
    return render(request, "records/key_made.html", context)


@require_GET
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    return render(request, "records/key.html", _shown(request, _key(request, pk)))


def _key(request: HttpRequest, pk: int) -> Key:
    return Key.objects.select_related("organisation").seen(request.actor, pk=pk)


def _shown(request: HttpRequest, key: Key) -> dict[str, Any]:
    used = last_used([key.pk]).get(key.pk)
    return {"key": key, "used": used, "endpoints": endpoints(request)}


@require_POST
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    key = revoke_key(request.actor, _key(request, pk))
    messages.success(request, _("密钥“%(name)s”已停用。") % {"name": key})
    return redirect("records:key", key.pk)


@require_POST
def try_out(request: HttpRequest, pk: int) -> HttpResponse:
    """Writes one statement as this key would, reads it back and shows both."""
    key = _key(request, pk)
    statement = send_test_statement(request.actor, key)
    return render(request, "records/key.html", _shown(request, key) | {"statement": statement})
