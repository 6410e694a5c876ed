"""The registers of the master data."""

from functools import partial

from django.utils.translation import gettext_lazy as _

from wutong.centres.data.master import entries, in_columns, queries
from wutong.centres.data.master.actions import save_institution_entry
from wutong.centres.data.master.models import Institution, SchoolClass
from wutong.centres.data.master.sections import (
    CLASS_SECTIONS,
    INSTITUTION_SECTIONS,
    PERSON_SECTIONS,
)
from wutong.kernel.people.models import Guardianship, Membership, Person
from wutong.kernel.policy import holds, in_areas, in_sight
from wutong.kernel.register.kinds import CodeOf, CodesOf, Count, Day, Measure, Number, OneOf, Text, YesNo
from wutong.kernel.register.spec import Column, Register

STAFF = holds("officer", "clerk", "head", "auditor")
TEACHERS = STAFF | holds("class_teacher", "teacher")
ROLES = OneOf(tuple(Membership.Role.choices))

ORGANISATIONS = Register(
    name="organisations",
    title=_("学校与机构"),
    title_one=_("学校"),
    summary=_("全市学校、幼儿园和高校的基本信息，各业务系统共用这一份。"),
    icon="school",
    model=Institution,
    key=("name", "district"),
    order=("organisation__path", "pk"),
    see=STAFF,
    rows=queries.institutions,
    find=entries.find_institution,
    save=save_institution_entry,
    history=("people.organisation",),
    sections=INSTITUTION_SECTIONS,
    columns=(
        Column("name", _("名称"), Text(100), source="organisation.name", titles=("学校名称", "学校全称"), required=True, listed=True, searched=True),
        Column("district", _("所在区"), Text(20), source="district_name", titles=("区", "区县", "行政区"), listed=True),
        Column("stages", _("学段"), CodesOf("stage"), titles=("办学层次", "学段层次"), required=True, listed=True, filtered=True),
        Column("type", _("办学形式"), CodeOf("school_form"), source="form", titles=("类型", "学校类型"), listed=True),
        Column("nature", _("举办性质"), CodeOf("school_nature"), titles=("性质", "公办民办", "办学性质"), listed=True, filtered=True),
        Column("address", _("地址"), Text(200), titles=("学校地址", "办学地址"), listed=True, searched=True),
        Column("lon", _("经度"), Measure(-180, 180), titles=("lng", "longitude")),
        Column("lat", _("纬度"), Measure(-90, 90), titles=("latitude",)),
        Column("coord_system", _("坐标系"), Text(40)),
        Column("coord_check", _("坐标核对"), Text(40)),
        Column("code", _("代码"), Number(), titles=("学校代码", "学校标识码")),
        Column("code_system", _("编码体系"), Text(60)),
        Column("confidence", _("可信程度"), Text(20)),
        Column("source", _("数据来源"), Text(400)),
        Column("completeness", _("完整度"), Count(0, 100), listed=True, editable=False, meter=True),
    ),
)  # fmt: skip

PERSONS = Register(
    name="persons",
    title=_("人员"),
    title_one=_("人员"),
    summary=_("学生、教职工和家长，一人一份，终身不变。"),
    icon="people",
    model=Person,
    key=("identity", "pupil_national", "staff", "name", "born", "organisation"),
    order=("name", "pk"),
    counted=False,
    see=TEACHERS,
    rows=queries.persons,
    find=entries.find_person,
    save=entries.save_person_entry,
    check=entries.check_person,
    sure=in_columns.sure_person,
    bulk=in_columns.take_persons,
    sections=PERSON_SECTIONS,
    columns=(
        Column("name", _("姓名"), Text(60), titles=("学生姓名", "教师姓名"), required=True, listed=True, searched=True),
        Column("name_en", _("英文姓名"), Text(100)),
        Column("sex", _("性别"), CodeOf("sex", also=(("男", "1"), ("女", "2"))), listed=True, filtered=True),
        Column("born", _("出生日期"), Day(), titles=("出生年月日", "生日"), listed=True),
        Column("ethnic_group", _("民族"), CodeOf("ethnic_group")),
        Column("phone", _("手机"), Number(20), titles=("手机号", "联系电话", "手机号码")),
        Column("address", _("住址"), Text(200), titles=("家庭住址", "居住地址")),
        Column("identity", _("身份证号"), Number(), source="shown.identity", full="full.identity", titles=("身份证件号", "证件号码", "身份证号码"), sensitive=True),
        Column("pupil_national", _("学籍号"), Number(), source="shown.pupil_national", full="full.pupil_national", titles=("全国学籍号",), sensitive=True),
        Column("pupil_shanghai_secondary", _("学籍副号"), Number(), source="shown.pupil_shanghai_secondary", full="full.pupil_shanghai_secondary", sensitive=True),
        Column("staff", _("教师号"), Number(), source="shown.staff", full="full.staff", titles=("工号", "教职工号"), sensitive=True),
        Column("organisation", _("单位"), Text(200), source="place.organisation.full_name", titles=("学校", "所在学校", "班级"), listed=True),
        Column("role", _("身份"), ROLES, source="place.role", listed=True),
        Column("valid_from", _("开始日期"), Day(), source="place.valid_from"),
    ),
)  # fmt: skip

CLASSES = Register(
    name="classes",
    title=_("班级"),
    title_one=_("班级"),
    summary=_("每个学年的班级；学年从 9 月 1 日开始。"),
    icon="class",
    model=SchoolClass,
    key=("school", "grade", "number", "school_year"),
    fixed=("school", "grade", "number", "school_year"),
    order=("organisation__parent__path", "-school_year", "grade", "number"),
    see=TEACHERS,
    rows=queries.classes,
    find=entries.find_class,
    save=entries.save_class_entry,
    history=("people.organisation",),
    sections=CLASS_SECTIONS,
    columns=(
        Column("school", _("学校"), Text(100), source="organisation.parent.name", titles=("学校名称",), required=True, listed=True, searched=True),
        Column("grade", _("年级"), CodeOf("stage_grade_local"), required=True, listed=True, filtered=True),
        Column("number", _("班号"), Count(1, 60), titles=("班级", "班"), required=True, listed=True),
        Column("school_year", _("学年"), Count(1990, 2100), required=True, listed=True, filtered=True),
        Column("entered", _("入学年份"), Count(1980, 2100)),
        Column("name", _("名称"), Text(), source="organisation.name", editable=False, listed=True),
    ),
)  # fmt: skip

MEMBERSHIPS = Register(
    name="memberships",
    title=_("任职与就读"),
    title_one=_("任职或就读"),
    summary=_("谁在哪里、以什么身份、从何时到何时。"),
    icon="network",
    model=Membership,
    key=("person", "number", "organisation", "role", "valid_from"),
    fixed=("person", "number", "organisation", "role", "valid_from"),
    ends="valid_to",
    order=("organisation__path", "role", "pk"),
    area=partial(in_sight, field="organisation__path"),
    see=STAFF,
    rows=queries.memberships,
    find=entries.find_membership,
    save=entries.save_membership_entry,
    bulk=in_columns.take_memberships,
    columns=(
        Column("person", _("姓名"), Text(60), source="person.name", required=True, listed=True, searched=True),
        Column("number", _("证件号"), Number(), source="person.shown.any", full="person.full.any", titles=("学籍号", "教师号", "身份证号")),
        Column("organisation", _("单位"), Text(200), source="organisation.full_name", titles=("学校", "班级"), required=True, listed=True),
        Column("role", _("身份"), ROLES, required=True, listed=True, filtered=True),
        Column("post", _("岗位或学科"), Text(60), titles=("岗位", "学科"), listed=True),
        Column("valid_from", _("开始日期"), Day(), titles=("入校日期",), required=True, listed=True),
        Column("valid_to", _("结束日期"), Day(), titles=("离校日期",), listed=True),
    ),
)  # fmt: skip

GUARDIANSHIPS = Register(
    name="guardianships",
    title=_("监护关系"),
    title_one=_("监护关系"),
    summary=_("每个孩子由谁监护、谁是主要联系人。"),
    icon="shield",
    model=Guardianship,
    key=("child", "child_number", "guardian", "guardian_number"),
    fixed=("child", "child_number", "guardian", "guardian_number"),
    ends="valid_to",
    order=("child__name", "child_id", "pk"),
    # Said of the child alone: children of other districts are passed before their guardianships are looked up.
    area=partial(in_areas, field="child__areas"),
    counted=False,
    see=TEACHERS,
    rows=queries.guardianships,
    find=entries.find_guardianship,
    save=entries.save_guardianship_entry,
    bulk=in_columns.take_guardianships,
    columns=(
        Column("child", _("孩子"), Text(60), source="child.name", titles=("学生姓名", "学生"), required=True, listed=True, searched=True),
        Column("child_number", _("孩子证件号"), Number(), source="child.shown.any", full="child.full.any", titles=("学籍号", "学生证件号")),
        Column("guardian", _("监护人"), Text(60), source="guardian.name", titles=("家长姓名", "家长"), required=True, listed=True, searched=True),
        Column("guardian_number", _("监护人证件号"), Number(), source="guardian.shown.any", full="guardian.full.any", titles=("家长证件号",)),
        Column("relation", _("关系"), CodeOf("family_relation"), required=True, listed=True),
        Column("primary", _("主要联系人"), YesNo(), listed=True),
        Column("valid_from", _("开始日期"), Day()),
        Column("valid_to", _("结束日期"), Day()),
    ),
)  # fmt: skip

REGISTERS = (ORGANISATIONS, PERSONS, CLASSES, MEMBERSHIPS, GUARDIANSHIPS)
