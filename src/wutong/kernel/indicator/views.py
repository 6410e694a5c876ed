import csv
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from wutong.kernel.codes.queries import label
from wutong.kernel.errors import NotFound
from wutong.kernel.indicator import queries
from wutong.kernel.indicator.declare import Indicator
from wutong.kernel.indicator.queries import Reading, latest, names_of, own_path, parts, series, slices
from wutong.kernel.module import REGISTRY
from wutong.kernel.people.models import Organisation
from wutong.kernel.policy import Actor


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    path = own_path(request.actor)
    lines = [line(request.actor, indicator, path) for indicator in REGISTRY.all("indicators")] if path else []
    place = names_of(request.actor, [path]).get(path, "")
    return render(request, "indicator/index.html", {"lines": lines, "place": place})


def line(actor: Actor, indicator: Indicator, path: str) -> dict[str, Any]:
    return {
        "indicator": indicator,
        "reading": latest(actor, indicator.name, path),
        "trend": [each.number for each in series(actor, indicator.name, path) if each.number is not None],
    }


@require_GET
def detail(request: HttpRequest, name: str) -> HttpResponse:
    indicator, path = asked(request, name)
    below = parts(request.actor, name, path)
    names = names_of(request.actor, [each.path for each in below] + [path])
    history = [each for each in series(request.actor, name, path) if each.number is not None]
    context = {
        "indicator": indicator,
        "place": names.get(path, ""),
        "path": path,
        "reading": latest(request.actor, name, path),
        "run": queries.last_run(name),
        "rows": [{"name": names.get(each.path, each.path), "reading": each} for each in below],
        "slices": [{"name": sliced(each), "text": each.text} for each in slices(request.actor, name, path)],
        "labels": [f"{each.at:%m-%d}" for each in history],
        "values": [each.number for each in history],
        **drawn(below, names),
    }
    return render(request, "indicator/detail.html", context)


def sliced(each: Reading) -> str:
    """A dimension that is named like a code set is told in that set's words."""
    return " · ".join(label(name, str(value)) if value else "—" for name, value in each.dimensions)


def asked(request: HttpRequest, name: str) -> tuple[Indicator, str]:
    """The indicator and the organisation, both only as far as they may be seen."""
    try:
        indicator = REGISTRY.indicator(name)
    except KeyError:
        raise NotFound from None
    path = request.GET.get("path") or own_path(request.actor)
    if not (path.isdecimal() and any(path.startswith(each) for each in request.actor.sight)):
        raise NotFound
    return indicator, path


def drawn(below: list[Reading], names: dict[str, str]) -> dict[str, Any]:
    """Districts on the tile map, anything else as bars; what is hidden is not drawn."""
    known = [each for each in below if each.number is not None]
    kinds = set(Organisation.objects.unscoped("kinds of what was already shown")
                .filter(path__in=[each.path for each in below]).values_list("kind", flat=True))  # fmt: skip
    if kinds == {"district"}:
        return {"tiles": [tile(each, known, names) for each in below]}
    labels = [names.get(each.path, each.path) for each in known]
    return {"bar_labels": labels, "bar_values": [each.number for each in known]}


def tile(each: Reading, known: list[Reading], names: dict[str, str]) -> dict[str, Any]:
    ranked = sorted(other.number or 0 for other in known)
    level = 1 if each.number is None else 1 + 4 * ranked.index(each.number) // max(len(ranked) - 1, 1)
    return {
        "name": names.get(each.path, each.path),
        "text": each.text,
        "value": each.text,
        "level": level,
        "href": f"?path={each.path}",
    }


@require_GET
def download(request: HttpRequest, name: str) -> HttpResponse:
    """What the page shows, with what it was computed from in each row."""
    indicator, path = asked(request, name)
    run = queries.last_run(name)
    if run is None:
        raise NotFound
    whole = latest(request.actor, name, path)
    readings = [each for each in [whole, *parts(request.actor, name, path)] if each]
    names = names_of(request.actor, [each.path for each in readings])
    response = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    sheet = csv.writer(response)
    sheet.writerow([_("指标"), _("单位"), _("机构"), _("数值"), _("计算时间"), _("数据快照"), _("公式版本")])
    for each in readings:
        cells = [indicator.title, indicator.unit, names.get(each.path, each.path), each.text]
        sheet.writerow(
            [safe(str(cell)) for cell in cells] + [each.at.isoformat(), run.snapshot, run.formula_version]
        )
    return response


def safe(cell: str) -> str:
    """A spreadsheet must not take a name for a formula."""
    return f"'{cell}" if cell[:1] in "=+-@\t\r" and cell else cell
