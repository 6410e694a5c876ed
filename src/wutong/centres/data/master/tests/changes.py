"""A school that asks to change its entry, and the way of its case, for the tests of it."""

from datetime import datetime
from typing import Any

from django.utils import timezone

from wutong.centres.data.master.change import actions
from wutong.centres.data.master.change.models import ChangeRequest
from wutong.centres.data.master.models import Institution
from wutong.kernel.process.engine import take
from wutong.kernel.process.models import Case

ADDRESS, NEW_ADDRESS = "高安路18号", "康平路205号"
# Who takes which step, up to each state.
WAY: dict[str, tuple[tuple[str, str], ...]] = {
    "draft": (),
    "head": (("clerk", "submit"),),
    "district": (("clerk", "submit"), ("head", "confirm")),
    "city": (("clerk", "submit"), ("head", "confirm"), ("officer", "agree")),
    "effective": (("clerk", "submit"), ("head", "confirm"), ("officer", "agree"), ("city_officer", "file")),
    "refused": (("clerk", "submit"), ("head", "confirm"), ("officer", "refuse")),
    "withdrawn": (("clerk", "withdraw"),),
}
STEPS = ("submit", "confirm", "agree", "file", "return", "refuse", "withdraw")


def school(town: Any, place: str = "gaoan") -> Institution:
    made = Institution(
        organisation=town.place(place),
        stages=["primary"],
        nature="public",
        address=ADDRESS,
        source="学校填报",
    )
    made.save(force_insert=True)
    return made


def ask(town: Any, *, clerk: str = "clerk", at: datetime | None = None, **proposed: Any) -> ChangeRequest:
    place = town.actor(clerk).roles[0].organisation_id
    institution = Institution._base_manager.select_related("organisation").get(pk=place)
    values = proposed or {"address": NEW_ADDRESS}
    return actions.ask(town.actor(clerk), institution, proposed=values, reason="迁入新校舍", at=at)


def case_in(town: Any, state: str, *, at: datetime | None = None, **proposed: Any) -> Case:
    """A case of the school 高安路第一小学 that has come as far as this state."""
    case = ask(town, at=at, **proposed).case
    for who, step in WAY[state]:
        take(town.actor(who), case, step=step, comment="已核对", at=at or timezone.now())
    return again(case)


def again(row: Any) -> Any:
    """The row as the database has it."""
    return type(row)._base_manager.get(pk=row.pk)
