"""Changes on their way through school, district and city, as a Monday morning would find them."""

from datetime import datetime, timedelta
from typing import Any

from wutong.centres.data.master.change import actions
from wutong.centres.data.master.change.models import ChangeRequest
from wutong.centres.data.master.models import Institution
from wutong.kernel.people.models import Membership, Organisation, Person
from wutong.kernel.people.queries import actor_of
from wutong.kernel.policy import Actor
from wutong.kernel.process.engine import take

WHY = "the demo's own"
# Days ago, what is asked, why, and the steps taken since, each by the one who holds it.
STORIES: tuple[tuple[int, dict[str, Any], str, tuple[tuple[str, str], ...]], ...] = (
    (
        4,
        {"address": "永嘉路388号、永嘉路400号"},
        "增设一个校区。",
        (("submit", ""), ("confirm", ""), ("return", "请补充区里的批复文件。")),
    ),
    (
        1,
        {"address": "乐山路18号甲"},
        "门牌由公安部门重新编定。",
        (("submit", ""), ("confirm", "已核对门牌证明")),
    ),
    (
        5,  # one more, and on a Saturday it has been overdue since Friday and gone to the city
        {"address": "武康路280弄2号、复兴西路300号"},
        "新校舍已通过消防验收，下学期启用。",
        (("submit", ""), ("confirm", "")),
    ),
    (
        9,
        {"address": "罗秀东路126号、罗秀路1号"},
        "南校区投入使用。",
        (("submit", ""), ("confirm", ""), ("agree", "材料齐全")),
    ),
    (
        20,
        {"address": "宜山路699号（北门）"},
        "主要出入口调整。",
        (("submit", ""), ("confirm", ""), ("agree", ""), ("file", "")),
    ),
    (0, {"address": "安福路247号、安福路249号"}, "租用相邻校舍。", (("submit", ""),)),
)
# What the year has seen: days ago, and the steps with the days each waited, so that one can see where it takes long.
WAYS: dict[str, tuple[tuple[str, float], ...]] = {
    "straight": (("submit", 0.2), ("confirm", 0.9), ("agree", 3.8), ("file", 1.4)),
    "slow": (("submit", 0.4), ("confirm", 1.6), ("agree", 8.7), ("file", 2.6)),
    "returned": (("submit", 0.3), ("confirm", 1.1), ("return", 2.4), ("submit", 4.5), ("confirm", 0.7), ("agree", 2.2),
                 ("file", 1.8)),
    "refused": (("submit", 0.5), ("confirm", 1.3), ("refuse", 4.1)),
    "withdrawn": (("submit", 0.1), ("withdraw", 2.2)),
}  # fmt: skip
HISTORY = (
    (300, "straight"), (281, "straight"), (262, "returned"), (240, "slow"), (219, "straight"), (203, "refused"),
    (180, "straight"), (158, "returned"), (139, "withdrawn"), (121, "straight"), (96, "slow"), (77, "straight"),
)  # fmt: skip


def build(at: datetime, *, first: int) -> int:
    """One story for each of the first schools, the first for `first`, after what the year has seen; the number told."""
    rows = Institution.objects.unscoped(WHY).select_related("organisation__parent")
    schools = sorted(
        rows.filter(organisation__parent__kind="district"), key=lambda row: (row.pk != first, row.pk)
    )
    for school, (days, way) in zip(reversed(schools), HISTORY, strict=False):
        remember(school.pk, WAYS[way], at - timedelta(days=days))
    for school, story in zip(schools, STORIES, strict=False):
        tell(school, *story, at=at)
    return min(len(schools), len(STORIES))


def tell(
    school: Institution,
    days: int,
    proposed: dict[str, Any],
    reason: str,
    steps: tuple[tuple[str, str], ...],
    *,
    at: datetime,
) -> None:
    moment = at - timedelta(days=days, hours=2)
    clerk = _holder(school.organisation, "clerk")
    request = actions.ask(clerk, school, proposed=proposed, reason=reason, at=moment)
    for position, (step, comment) in enumerate(steps):
        case = ChangeRequest.objects.unscoped(WHY).select_related("case__holder").get(pk=request.pk).case
        actor = _holder(case.holder, case.holder_role)
        take(actor, case, step=step, comment=comment, at=moment + timedelta(hours=position + 1))


def remember(school: int, way: tuple[tuple[str, float], ...], moment: datetime) -> None:
    """A matter of some time ago. What it changed is no more than a word about the gate."""
    rows = Institution.objects.unscoped(WHY).select_related("organisation__parent")
    institution = rows.get(pk=school)
    clerk = _holder(institution.organisation, "clerk")
    proposed = {"address": f"{institution.address}（正门）"}
    request = actions.ask(clerk, institution, proposed=proposed, reason="门牌更正。", at=moment)
    for step, waited in way:
        moment += timedelta(days=waited)
        case = ChangeRequest.objects.unscoped(WHY).select_related("case__holder").get(pk=request.pk).case
        actor = clerk if step == "withdraw" else _holder(case.holder, case.holder_role)
        reason = "请核对门牌证明。" if step in ("return", "refuse") else ""
        take(actor, case, step=step, comment=reason, at=moment)


def _holder(organisation: Organisation, role: str) -> Actor:
    rows = Membership.objects.unscoped(WHY).filter(organisation=organisation, role=role, valid_to=None)
    found = rows.order_by("pk").values_list("person", flat=True).first()
    return actor_of(Person.objects.unscoped(WHY).get(pk=found))
