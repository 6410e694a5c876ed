"""A register for programs: the same rows, scope and masking as the pages, as JSON."""

from typing import Any

from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_GET

from wutong.kernel.register.pages import named, opened, row_of
from wutong.kernel.register.queries import page_of
from wutong.kernel.register.spec import Register


@require_GET
def rows(request: HttpRequest, name: str) -> JsonResponse:
    """A page of rows; filters and `q` as on the page, `next` is the address of the following one."""
    register = opened(request, name)
    page = page_of(register, request.actor, request.GET.dict())
    items = [record(register, row) for row in page.rows]
    return answer(
        {"items": items, "total": page.total, "total_is_capped": page.capped, "next": page.next_url or None}
    )


@require_GET
def row(request: HttpRequest, name: str, pk: int) -> JsonResponse:
    register = named(name)
    return answer(record(register, row_of(request, register, pk)))


def record(register: Register, found: Any) -> dict[str, Any]:
    return {"id": found.pk, **register.record(found)}


def answer(body: dict[str, Any]) -> JsonResponse:
    return JsonResponse(body, json_dumps_params={"ensure_ascii": False})
