"""What the master data is measured by."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from wutong.centres.data.master.models import Institution
from wutong.kernel.indicator.declare import Indicator, View
from wutong.kernel.people.models import Membership

WHY = "published view: the whole city, no names"


def school_rows() -> Iterator[tuple[Any, ...]]:
    rows = Institution.objects.unscoped(WHY).select_related("organisation__parent")
    for row in rows.iterator(500):
        stage = row.stages[0] if row.stages else ""
        yield row.organisation.path, stage, row.nature, row.completeness


def member_rows() -> Iterator[tuple[Any, ...]]:
    """Pupils by class, staff by school: who is both teacher and class teacher of a class counts at the school."""
    rows = Membership.objects.unscoped(WHY).on(date.today())
    counted = rows.filter(role="pupil") | rows.filter(role="teacher", organisation__kind="school")
    yield from counted.values_list("organisation__path", "role", "person__sex").iterator(2000)


SCHOOL_VIEW = View(
    "schools",
    _("学校"),
    {"organisation_path": "string", "stage": "string", "nature": "string", "completeness": "int64"},
    school_rows,
)
MEMBER_VIEW = View(
    "members",
    _("在读与在职"),
    {"organisation_path": "string", "role": "string", "sex": "string"},
    member_rows,
)
DAILY = timedelta(days=1)


def schools(views: Any) -> Any:
    table = views["schools"]
    return table.group_by("organisation_path", "stage").agg(value=table.count())


def pupils(views: Any) -> Any:
    table = views["members"].filter(views["members"].role == "pupil")
    return table.group_by("organisation_path", "sex").agg(value=table.count())


def teachers(views: Any) -> Any:
    table = views["members"].filter(views["members"].role == "teacher")
    return table.group_by("organisation_path", "sex").agg(value=table.count())


def completeness(views: Any) -> Any:
    table = views["schools"]
    return table.group_by("organisation_path").agg(value=table.completeness.sum() / 100, base=table.count())


INDICATORS = (
    Indicator(
        name="schools",
        title=_("学校"),
        definition=_("当天在册的学校、幼儿园和高校，每所按第一个学段计一次。"),
        unit=_("所"),
        owner=_("基础教育科"),
        views=(SCHOOL_VIEW,),
        expression=schools,
        dimensions=("stage",),
        counts=False,
        every=DAILY,
    ),
    Indicator(
        name="pupils",
        title=_("在读学生"),
        definition=_("当天有在读班级的学生，每人在每个班计一次。"),
        unit=_("人"),
        owner=_("基础教育科"),
        views=(MEMBER_VIEW,),
        expression=pupils,
        dimensions=("sex",),
        counts=True,
        every=DAILY,
    ),
    Indicator(
        name="teachers",
        title=_("在职教师"),
        definition=_("当天在学校任教的教师，每人在每所学校计一次。"),
        unit=_("人"),
        owner=_("人事科"),
        views=(MEMBER_VIEW,),
        expression=teachers,
        dimensions=("sex",),
        counts=True,
        every=DAILY,
    ),
    Indicator(
        name="completeness",
        title=_("学校信息完整度"),
        definition=_("学段、性质、地址、坐标、办学形式和代码六项中已登记的比例，各校平均。"),
        unit="%",
        owner=_("信息中心"),
        views=(SCHOOL_VIEW,),
        expression=completeness,
        of=_("学校"),
        counts=False,
        every=DAILY,
    ),
)
