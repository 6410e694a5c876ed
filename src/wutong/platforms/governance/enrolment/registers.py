"""The registers of enrolment: plans, catchments, and the newcomers that a school exports."""

from django.utils.translation import gettext_lazy as _

from wutong.kernel.policy import holds, nobody
from wutong.kernel.register.kinds import CodeOf, Count, Day, Number, OneOf, Text
from wutong.kernel.register.spec import Column, Register
from wutong.platforms.governance.enrolment import entries
from wutong.platforms.governance.enrolment.models import Application, CatchmentRange, Plan
from wutong.platforms.governance.enrolment.models.window import Side, Stage

STAGE = OneOf(tuple(Stage.choices))
YEAR = Count(2020, 2100)
OFFICE = holds("officer")

PLANS = Register(
    name="plans",
    title=_("招生计划"),
    title_one=_("招生计划"),
    summary=_("各校各类别招多少班、多少人；已录取的不能再减。"),
    icon="chart",
    model=Plan,
    key=("year", "stage", "school", "category"),
    fixed=("year", "stage", "school", "side", "category"),
    order=("-window__year", "window__stage", "school__path", "category", "pk"),
    edit=OFFICE,
    rows=entries.plans,
    find=entries.find_plan,
    save=entries.save_plan,
    columns=(
        Column("year", _("招生年份"), YEAR, source="window.year", required=True, listed=True),
        Column("stage", _("学段"), STAGE, source="window.stage", required=True, listed=True),
        Column("school", _("学校"), Text(100), source="school.name", titles=("学校名称",), required=True, listed=True),
        Column("side", _("公办或民办"), OneOf(tuple(Side.choices)), titles=("举办性质",), required=True, listed=True),
        Column("category", _("招生类别"), Text(40), titles=("类别",), required=True, listed=True),
        Column("classes", _("班数"), Count(0, 60), titles=("招生班数",), required=True, listed=True),
        Column("seats", _("计划人数"), Count(0, 5000), titles=("招生人数", "计划数"), required=True, listed=True),
        Column("extra", _("批准增额"), Count(0, 5000)),
        Column("taken", _("已录取"), Count(0, 10000), listed=True, editable=False),
    ),
)  # fmt: skip

CATCHMENTS = Register(
    name="catchments",
    title=_("对口地段"),
    title_one=_("对口地段"),
    summary=_("每所公办学校对口的道路、小区和居委；公布以后冻结。"),
    icon="map",
    model=CatchmentRange,
    key=("year", "stage", "school", "road", "within", "first", "parity", "estate", "committee"),
    fixed=("year", "stage"),
    order=("-window__year", "window__stage", "school__path", "road", "first", "pk"),
    edit=OFFICE,
    rows=entries.ranges,
    find=entries.find_range,
    save=entries.save_range,
    columns=(
        Column("year", _("招生年份"), YEAR, source="window.year", required=True, listed=True),
        Column("stage", _("学段"), STAGE, source="window.stage", required=True, listed=True),
        Column("school", _("学校"), Text(100), source="school.name", titles=("学校名称",), required=True, listed=True),
        Column("road", _("道路"), Text(60), titles=("路名",), listed=True, searched=True),
        Column("within", _("弄内"), Count(1, 99999), help=_("只说某弄里的门牌时，写弄号。")),
        Column("counted", _("按弄或号"), OneOf(tuple(CatchmentRange.Counted.choices))),
        Column("first", _("起"), Count(0, 99999), titles=("起号",), listed=True),
        Column("last", _("止"), Count(0, 99999), titles=("止号",), listed=True, help=_("到路的尽头就不写。")),
        Column("parity", _("单双号"), OneOf(tuple(CatchmentRange.Parity.choices)), listed=True),
        Column("estate", _("小区"), Text(60), titles=("小区名称",), listed=True, searched=True),
        Column("committee", _("居委"), Text(60), titles=("居委会",), searched=True),
    ),
)  # fmt: skip

NEWCOMERS = Register(
    name="newcomers",
    title=_("新生名册"),
    title_one=_("新生"),
    summary=_("区里转来的新生，用于编班和建学籍。"),
    icon="people",
    model=Application,
    key=("number",),
    order=("school__path", "pk"),
    edit=nobody,
    rows=entries.newcomers,
    find=entries.find_newcomer,
    save=entries.save_newcomer,
    columns=(
        Column("number", _("报名号"), Number(20), listed=True),
        Column("name", _("姓名"), Text(60), source="child.name", listed=True),
        Column("sex", _("性别"), CodeOf("sex"), source="child.sex", listed=True),
        Column("born", _("出生日期"), Day(), source="child.born", listed=True),
        Column("school", _("录取学校"), Text(100), source="school.name", listed=True),
        Column("guardian", _("关联监护人"), Text(60), source="guardian.name", listed=True),
        Column("phone", _("联系电话"), Text(20), source="guardian.phone"),
    ),
)  # fmt: skip

REGISTERS = (PLANS, CATCHMENTS, NEWCOMERS)
