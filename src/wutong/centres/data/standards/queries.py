from datetime import date

from django.db.models import Count, Q, QuerySet

from wutong.kernel.codes.models import Code, CodeSet
from wutong.kernel.codes.queries import in_force
from wutong.kernel.errors import NotFound

MOST = 200


def sets(text: str = "") -> QuerySet:
    """Every set in every version, those whose title, name or standard holds `text`."""
    rows = CodeSet.objects.annotate(size=Count("codes"))
    if not text:
        return rows
    return rows.filter(
        Q(title__icontains=text)
        | Q(title_en__icontains=text)
        | Q(name__icontains=text)
        | Q(standard__icontains=text)
    )


def codes_like(text: str) -> list[Code]:
    """Codes of any set whose code or name holds `text`: what does 310104 or 随班就读 mean?"""
    match = Q(code=text) | Q(name__icontains=text) | Q(name_en__icontains=text)
    return list(Code.objects.filter(match).select_related("set").order_by("set__name", "position")[:MOST])


def one(name: str, on: date | None = None) -> CodeSet:
    found = in_force(name, on or date.today())
    if found is None:
        raise NotFound
    return found
