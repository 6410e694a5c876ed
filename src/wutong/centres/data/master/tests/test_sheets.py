"""Sheets of people with a fault of each kind: every refusal names the column, the rule and how to mend it."""

import csv
import io
from datetime import date

import pytest
from django.utils import timezone

from wutong.centres.data.master.models import Institution, SchoolClass
from wutong.kernel.module import REGISTRY
from wutong.kernel.people.actions import set_guardianship
from wutong.kernel.people.models import Guardianship, Identifier, Membership, Organisation, Person
from wutong.kernel.people.queries import find_by_number
from wutong.kernel.policy import SYSTEM
from wutong.kernel.register.importing import Importer
from wutong.kernel.testing.factories import guardian, identity, number, person

pytestmark = pytest.mark.django_db(databases="__all__")
GOOD, OTHER = identity(2), identity(4)
# Well-formed but for the last digit.
WRONG = GOOD[:-1] + ("0" if GOOD[-1] != "0" else "1")


def read(register, *rows, actor=SYSTEM, check=False):
    """Counts without the zeros, and (row, column, rule) of each trouble that refused its row."""
    header = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, header, restval="")
    writer.writeheader()
    writer.writerows(rows)
    troubles = []
    importer = Importer(
        actor, REGISTRY.register(register), io.BytesIO(text.getvalue().encode()),
        filename="sheet.csv", tell=troubles.append, at=timezone.now(),
    )  # fmt: skip
    report = importer.check() if check else importer.load()
    counts = {name: n for name, n in report.counts.items() if n and name != "rows"}
    refused = [trouble for trouble in troubles if trouble.refused]
    assert [t for t in refused if not str(t.message)] == []
    return counts, [(t.row, t.column, t.rule) for t in refused]


# Persons

PUPIL = {
    "姓名": "周小满",
    "身份证号": GOOD,
    "学校": "高安路第一小学/三年级1班",
    "身份": "学生",
    "开始日期": "2023-09-01",
}


def test_a_pupil_is_registered_with_number_and_class(small_town):
    assert read("persons", PUPIL) == ({"created": 1}, [])
    found = find_by_number("identity", GOOD)
    assert (found.name, found.sex, found.born) == ("周小满", "2", date(2015, 3, 8))
    assert found.scope_path == small_town.place("first").path
    assert found.shown["identity"] != GOOD
    assert read("persons", PUPIL) == ({"unchanged": 1}, [])


def test_a_check_changes_nothing_and_says_what_loading_would_do(small_town):
    before = Person._base_manager.count()
    assert read("persons", PUPIL, check=True) == ({"created": 1}, [])
    assert (Person._base_manager.count(), find_by_number("identity", GOOD)) == (before, None)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"姓名": ""}, ("姓名", "required")),
        ({"身份证号": WRONG}, ("身份证号", "identity_check_digit")),
        ({"身份证号": "31010420150308"}, ("身份证号", "identity_length")),
        ({"身份证号": "310104201502300021"}, ("身份证号", None)),
        ({"出生日期": "2014-01-01"}, ("出生日期", "birth_differs")),
        ({"性别": "男"}, ("性别", "sex_differs")),
        ({"学籍号": "G12"}, ("学籍号", None)),
        ({"学校": "没有这所学校"}, ("单位", "organisation")),
        ({"学校": "三年级1班"}, ("单位", "organisation")),
        ({"学校": ""}, ("单位", "organisation")),
        ({"出生日期": "不知道"}, ("出生日期", None)),
        ({"民族": "火星"}, ("民族", None)),
        ({"身份": "校工程师"}, ("身份", None)),
    ],
)
def test_a_faulty_line_is_refused_by_its_column(small_town, change, fault):
    column, rule = fault
    counts, refused = read("persons", PUPIL | change)
    assert counts == {"rejected": 1}
    ((row, told, found),) = refused
    assert (row, told) == (2, column)
    assert found == rule or (rule is None and found)
    assert find_by_number("identity", GOOD) is None


def test_a_faulty_line_does_not_hold_up_the_others(small_town):
    other = PUPIL | {"姓名": "吴大雪", "身份证号": OTHER}
    counts, refused = read("persons", PUPIL | {"身份证号": WRONG}, other)
    assert (counts, [row for row, _column, _rule in refused]) == ({"created": 1, "rejected": 1}, [2])
    assert find_by_number("identity", OTHER).name == "吴大雪"


def test_two_lines_about_one_person_are_not_both_taken(small_town):
    counts, refused = read("persons", PUPIL, PUPIL | {"手机": "13800000001"}, PUPIL)
    assert counts == {"created": 1, "rejected": 1, "unchanged": 1}
    assert refused == [(3, "身份证号", "repeated")]


def test_numbers_of_different_people_are_not_joined_in_one_line(small_town):
    number(small_town.person("pupil"), "identity", GOOD)
    number(small_town.person("classmate"), "staff", "T001")
    counts, refused = read("persons", {"姓名": "李小梅", "身份证号": GOOD, "教师号": "T001"})
    assert counts == {"rejected": 1}
    assert refused == [(2, "身份证号", "numbers_conflict"), (2, "教师号", "numbers_conflict")]


def test_a_new_number_joins_the_person_known_by_another(small_town):
    number(small_town.person("class_teacher"), "staff", "T007")
    assert read("persons", {"姓名": "林班任", "身份证号": GOOD, "教师号": "T007"}) == ({"updated": 1}, [])
    assert find_by_number("identity", GOOD) == small_town.person("class_teacher")


def test_a_school_does_not_write_over_anothers_people(small_town):
    number(small_town.person("island_pupil"), "identity", GOOD)
    counts, refused = read("persons", {"姓名": "改了名", "身份证号": GOOD}, actor=small_town.actor("clerk"))
    assert (counts, refused) == ({"rejected": 1}, [(2, "姓名", "elsewhere")])
    assert Person._base_manager.get(pk=small_town.person("island_pupil").pk).name == "钱岛生"


def test_a_school_does_not_register_into_another(small_town):
    counts, _refused = read("persons", PUPIL | {"学校": "崇明实验小学"}, actor=small_town.actor("clerk"))
    assert counts == {"rejected": 1}
    assert find_by_number("identity", GOOD) is None


def test_one_name_in_one_class_needs_a_number_to_be_told_apart(small_town):
    person("李小梅", small_town.place("first"), "pupil")
    line = {"姓名": "李小梅", "学校": "高安路第一小学/三年级1班", "手机": "13800000002"}
    assert read("persons", line) == ({"rejected": 1}, [(2, "姓名", "person")])


def test_full_numbers_are_never_told_in_a_refusal(small_town):
    number(small_town.person("pupil"), "identity", GOOD)
    number(small_town.person("classmate"), "staff", "T001")
    troubles = []
    sheet = f"姓名,身份证号,教师号\n李小梅,{GOOD},T001\n".encode()
    Importer(
        SYSTEM,
        REGISTRY.register("persons"),
        io.BytesIO(sheet),
        filename="s.csv",
        tell=troubles.append,
        at=timezone.now(),
    ).load()
    assert [trouble.value for trouble in troubles] == ["", ""]


# Memberships

POST = {
    "姓名": "陈语文",
    "单位": "高安路第一小学/三年级2班",
    "身份": "教师",
    "学科": "语文",
    "开始日期": "2025-09-01",
}


def test_a_teacher_is_given_a_class(small_town):
    assert read("memberships", POST) == ({"created": 1}, [])
    assert read("memberships", POST) == ({"unchanged": 1}, [])
    assert read("memberships", POST | {"结束日期": "2026-06-30"}) == ({"updated": 1}, [])
    rows = Membership._base_manager.filter(
        person=small_town.person("teacher"), organisation=small_town.place("second")
    )
    assert list(rows.values_list("role", "post", "valid_from", "valid_to")) == [
        ("teacher", "语文", date(2025, 9, 1), date(2026, 6, 30))
    ]


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"姓名": "查无此人"}, ("姓名", "person")),
        ({"姓名": "陈语文", "证件号": "T404"}, ("证件号", "person")),
        ({"姓名": "陈数学", "证件号": "T002"}, ("姓名", "person")),
        ({"单位": "没有这所学校"}, ("单位", "organisation")),
        ({"结束日期": "2020-01-01"}, ("结束日期", "dates")),
        ({"开始日期": ""}, ("开始日期", "required")),
    ],
)
def test_a_faulty_membership_is_refused_by_its_column(small_town, change, fault):
    number(small_town.person("teacher"), "staff", "T002")
    before = Membership._base_manager.count()
    assert read("memberships", POST | change) == ({"rejected": 1}, [(2, *fault)])
    assert Membership._base_manager.count() == before


def test_a_clerk_gives_no_posts_elsewhere(small_town):
    counts, _refused = read(
        "memberships", POST | {"姓名": "岛教务", "单位": "崇明实验小学"}, actor=small_town.actor("clerk")
    )
    assert counts == {"rejected": 1}


# Guardianships

FAMILY = {"孩子": "赵一鸣", "监护人": "赵妈妈", "关系": "母亲", "主要联系人": "是"}


def test_a_parent_is_entered_for_a_child(small_town):
    mother = person("赵妈妈", small_town.place("gaoan"), "teacher")
    assert read("guardianships", FAMILY) == ({"created": 1}, [])
    assert read("guardianships", FAMILY) == ({"unchanged": 1}, [])
    rows = Guardianship._base_manager.filter(guardian=mother)
    assert list(rows.values_list("child", "relation", "primary")) == [
        (small_town.person("classmate").pk, "52", True)
    ]


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"监护人": "查无此人"}, ("监护人", "person")),
        ({"孩子": "查无此人"}, ("孩子", "person")),
        ({"监护人证件号": GOOD}, ("监护人证件号", "person")),
        ({"监护人": "赵一鸣"}, ("", "invalid")),
        ({"关系": "邻居家的猫"}, ("关系", None)),
        ({"主要联系人": "也许"}, ("主要联系人", None)),
    ],
)
def test_a_faulty_guardianship_is_refused(small_town, change, fault):
    person("赵妈妈", small_town.place("gaoan"), "teacher")
    counts, refused = read("guardianships", FAMILY | change)
    assert counts == {"rejected": 1}
    assert [(column, rule if fault[1] else None) for _row, column, rule in refused] == [fault]


def test_a_guardianship_that_ended_is_read_again_unchanged(small_town):
    """Otherwise each import of one's own export would add the family's history once more."""
    child = small_town.person("classmate")
    father = guardian("赵爸爸", child, "51", valid_from=date(2020, 9, 1), valid_to=date(2024, 8, 31))
    line = {
        "孩子": "赵一鸣",
        "监护人": "赵爸爸",
        "关系": "父亲",
        "开始日期": "2020-09-01",
        "结束日期": "2024-08-31",
    }
    assert read("guardianships", line) == ({"unchanged": 1}, [])
    set_guardianship(SYSTEM, child, guardian=father, relation="51", valid_from=date(2025, 9, 1))
    assert read("guardianships", line) == ({"unchanged": 1}, [])
    assert Guardianship._base_manager.filter(guardian=father).count() == 2


# Classes

CLASS = {"学校": "高安路第一小学", "年级": "小学一年级", "班级": "3", "学年": "2026"}


def test_a_class_is_opened_for_a_year(small_town):
    assert read("classes", CLASS) == ({"created": 1}, [])
    assert read("classes", CLASS) == ({"unchanged": 1}, [])
    made = SchoolClass._base_manager.get(organisation__parent=small_town.place("gaoan"))
    place = made.organisation
    assert (made.stage, made.entered, place.name) == ("primary", 2026, "小学一年级3班")
    assert (place.valid_from, place.valid_to) == (date(2026, 9, 1), date(2027, 8, 31))
    assert place.path.startswith(small_town.place("gaoan").path)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"学校": "没有这所学校"}, ("学校", "organisation")),
        ({"学校": "徐汇区教育局"}, ("学校", "organisation")),
        ({"年级": "十三年级"}, ("年级", None)),
        ({"班级": "0"}, ("班号", None)),
        ({"班级": ""}, ("班号", "required")),
        ({"学年": "去年"}, ("学年", None)),
    ],
)
def test_a_faulty_class_is_refused_by_its_column(small_town, change, fault):
    counts, refused = read("classes", CLASS | change)
    assert counts == {"rejected": 1}
    assert [(column, rule if fault[1] else None) for _row, column, rule in refused] == [fault]
    assert SchoolClass._base_manager.count() == 0


# Schools

SCHOOL = {"名称": "东安路小学", "所在区": "徐汇区", "学段": "小学", "举办性质": "公办", "代码": "040099"}


def test_a_school_is_found_again_under_any_name_of_its_district(small_town):
    assert read("organisations", SCHOOL) == ({"created": 1}, [])
    for name in ("徐汇", "徐汇区教育局", "310104"):
        assert read("organisations", SCHOOL | {"所在区": name}) == ({"unchanged": 1}, [])
    assert Institution._base_manager.count() == 1
    assert Organisation._base_manager.get(name="东安路小学").parent == small_town.place("xuhui")


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"名称": ""}, ("名称", "required")),
        ({"学段": "天才班"}, ("学段", None)),
        ({"所在区": "浦西区"}, ("所在区", "district")),
        ({"所在区": ""}, ("所在区", "district")),
        ({"经度": "121.4"}, ("纬度", "coordinates")),
        ({"经度": "31.2", "纬度": "21.4"}, ("经度", "coordinates")),
        ({"经度": "200", "纬度": "31.2"}, ("经度", None)),
        ({"代码": "040001"}, ("代码", "code_taken")),
    ],
)
def test_a_faulty_school_is_refused_by_its_column(small_town, change, fault):
    read("organisations", {**SCHOOL, "名称": "天钥桥路小学", "代码": "040001"})
    counts, refused = read("organisations", SCHOOL | change)
    assert counts == {"rejected": 1}
    assert [(column, rule if fault[1] else None) for _row, column, rule in refused] == [fault]
    assert not Organisation._base_manager.filter(name="东安路小学").exists()


def test_masked_numbers_are_no_numbers(small_town):
    """The masked number that an export shows is recognised with the name, and is never stored as a number."""
    pupil = small_town.person("pupil")
    held = number(pupil, "identity", GOOD)
    line = {"姓名": "李小梅", "身份证号": held.shown, "手机": "13800000003"}
    assert read("persons", line, actor=small_town.actor("clerk")) == ({"updated": 1}, [])
    assert Identifier._base_manager.filter(person=pupil).count() == 1
    assert find_by_number("identity", GOOD) == pupil
