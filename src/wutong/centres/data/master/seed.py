"""The city and its sixteen districts: what every house stands on before the first sheet is read."""

from django.db import transaction
from django.utils import timezone

from wutong.centres.data.master.queries import DISTRICT_SYSTEM
from wutong.kernel.codes.queries import lines
from wutong.kernel.people import actions as people
from wutong.kernel.people.models import Organisation
from wutong.kernel.policy import SYSTEM

CITY = ("上海市教育委员会", "Shanghai Municipal Education Commission")


def plant() -> None:
    """Idempotent: what is there stays as it is."""
    rows = Organisation.objects.unscoped("what every house stands on")
    with transaction.atomic():
        city = rows.filter(kind="city").first() or _open(None, "city", *CITY)
        for code, name, name_en, live in lines("shanghai_district", timezone.localdate()):
            known = rows.filter(identifiers__system=DISTRICT_SYSTEM, identifiers__value=code)
            if live and not known.exists():
                bureau = _open(city, "district", f"{name}教育局", f"{name_en} District Education Bureau")
                people.set_organisation_code(SYSTEM, bureau, system=DISTRICT_SYSTEM, value=code)


def _open(parent: Organisation | None, kind: str, name: str, name_en: str) -> Organisation:
    return people.open_organisation(SYSTEM, parent, kind=kind, name=name, name_en=name_en)
