"""The bulk path gives the verdicts of the row path and leaves the same people behind."""

import csv
import io
import threading
from datetime import UTC, date, datetime

import pytest
from django.db import connections, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wutong.kernel.audit.chain import verify
from wutong.kernel.audit.models import AuditEntry, AuditRange
from wutong.kernel.event.models import OutboxEvent
from wutong.kernel.module import REGISTRY
from wutong.kernel.people.models import Guardianship, Identifier, Membership, Person
from wutong.kernel.people.queries import find_by_number
from wutong.kernel.people.tests.areas import lacking
from wutong.kernel.policy import SYSTEM
from wutong.kernel.register.bulk import BulkImporter
from wutong.kernel.register.importing import LARGE, Importer, importer_of
from wutong.kernel.testing.factories import identity, number, person

pytestmark = pytest.mark.django_db(databases="__all__")
NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
CLASS = "高安路第一小学/三年级1班"
GOOD = [identity(n) for n in range(1, 9)]


def sheet(header, rows):
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([header, *rows])
    return text.getvalue().encode()


def read(importer_type, data, *, register="persons", actor=SYSTEM, check=False):
    troubles = []
    importer = importer_type(
        actor,
        REGISTRY.register(register),
        io.BytesIO(data),
        filename="sheet.csv",
        tell=troubles.append,
        at=NOW,
    )
    report = importer.check() if check else importer.load()
    told = [(t.row, t.column, t.value, t.rule, str(t.message), str(t.mend), t.refused) for t in troubles]
    return {"counts": report.counts, "blank": report.blank_rows, "rules": report.rules, "told": sorted(told)}


def people():
    """Everything that an import of persons writes, without keys and seals."""
    facts = ("name", "name_en", "sex", "born", "ethnic_group", "phone", "address", "version")
    numbers = Identifier.objects.unscoped("a test").values_list(
        "person__name", "kind", "shown", "digest", "valid_from", "valid_to"
    )
    places = Membership.objects.unscoped("a test").values_list(
        "person__name", "organisation__path", "role", "post", "valid_from", "valid_to"
    )
    return [
        sorted(Person.objects.unscoped("a test").values_list(*facts), key=str),
        sorted(((*row[:3], bytes(row[3]), *row[4:]) for row in numbers), key=str),
        sorted(places, key=str),
    ]


def both(data, **options):
    """What either path says and leaves, each undone."""
    found = []
    for importer_type in (Importer, BulkImporter):
        with transaction.atomic():
            found.append((read(importer_type, data, **options), people()))
            assert lacking() == set()
            transaction.set_rollback(True)
    return found


def cells(*odd, usual):
    return st.one_of(st.sampled_from(usual), st.sampled_from(odd))


HEADER = (
    "姓名",
    "性别",
    "出生日期",
    "民族",
    "手机",
    "住址",
    "身份证号",
    "学籍号",
    "教师号",
    "单位",
    "身份",
    "开始日期",
)
LINE = st.tuples(
    cells("", " ", "王\u3000", "长" * 61, "零\u200b宽", "'=甲", "两\n行", "李小梅", "乱\ufffd码", usual=["王一", "王二", "阿·丹", "O'Neil"]),
    cells("", "男性", "女", "未知", "x", "1", usual=["男", "女"]),
    cells("2015-3-8", "2015/03/08", "8/3/2015", "2015年3月8日", "42071", "2015-02-30", "昨天", " 2015-03-08", usual=["", "2015-03-08"]),
    cells("01", "1", "汉族", "Han", "外星", usual=["", "汉族"]),
    cells("１３８００００１１１１", "1.38E+10", "138 0000 1111", usual=["", "13800001111"]),
    cells("路" * 201, "“引号”，路（东）", usual=["", "高安路1号"]),
    cells(
        *(GOOD[0][:-1] + end for end in "0X"), GOOD[1].lower(), f"{GOOD[2][:6]} {GOOD[2][6:]}", "310104150308001",
        "310104*********1", "123", "990104" + GOOD[0][6:], usual=["", *GOOD],
    ),
    cells("L310104201503080001", "X" * 19, "G" + GOOD[1], usual=["", "", "G" + GOOD[0]]),
    cells("31040001", "'12", usual=["", "", ""]),
    cells("没有这所学校", "", "徐汇区教育局", "向阳小学", usual=[CLASS, "高安路第一小学"]),
    cells("学员", "teacher", usual=["学生", ""]),
    cells("2023-13-01", usual=["", "2023-09-01"]),
)  # fmt: skip


@given(lines=st.lists(LINE, min_size=1, max_size=12))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_any_sheet_gets_the_same_verdicts_on_both_paths(small_town, lines):
    if not Person.objects.unscoped("a test").filter(name="王一").exists():
        number(person("王一", small_town.place("first"), "pupil"), "identity", GOOD[3])
    (said, left), (said_in_bulk, left_in_bulk) = both(sheet(HEADER, lines))
    assert said_in_bulk == said
    assert left_in_bulk == left


def test_one_line_twice_is_one_line_and_another_is_told_without_its_number(small_town):
    one = ("周小满", "13800001111", f"{GOOD[2][:6]} {GOOD[2][6:]}", CLASS, "学生")
    data = sheet(("姓名", "手机", "身份证号", "单位", "身份"), [one, one, (one[0], "13800002222", *one[2:])])
    (said, _left), (said_in_bulk, _) = both(data)
    assert said == said_in_bulk
    assert said["counts"] == {"rows": 3, "created": 1, "updated": 0, "unchanged": 1, "rejected": 1}
    assert [line[:4] for line in said["told"]] == [(4, "身份证号", "", "repeated")]


def test_a_sheet_is_looked_through_and_leaves_nothing(small_town):
    data = sheet(
        ("姓名", "身份证号", "单位", "身份"),
        [("周小满", GOOD[0], CLASS, "学生"), ("周大满", "123", CLASS, "学生")],
    )
    before = people()
    found = read(BulkImporter, data, check=True)
    assert found["counts"] == {"rows": 2, "created": 1, "updated": 0, "unchanged": 0, "rejected": 1}
    assert [(row, rule) for row, _c, _v, rule, *_ in found["told"]] == [(3, "identity_length")]
    assert people() == before


def pupils(count):
    born = date(2014, 3, 5)
    rows = [(f"学生{n}", identity(n, born), CLASS, "学生", "2023-09-01") for n in range(100, 100 + count)]
    return sheet(("姓名", "身份证号", "单位", "身份", "开始日期"), rows)


def test_a_batch_leaves_one_entry_ranges_and_an_announcement(client, small_town):
    entries, events = (
        AuditEntry.objects.unscoped("a test"),
        OutboxEvent.objects.filter(name="kernel.rows_loaded.v1"),
    )
    before = entries.count()
    assert read(BulkImporter, pupils(200))["counts"]["created"] == 200
    assert entries.count() == before + 1
    entry = entries.order_by("-sequence").first()
    assert (entry.action, entry.changes["rows"], len(entry.changes["digest"])) == ("register.loaded", 600, 64)
    assert entry.organisation_path == small_town.place("first").path
    someone = find_by_number("identity", identity(150, date(2014, 3, 5)))
    assert (
        AuditRange.objects.get(kind="people.person", first__lte=someone.pk, last__gte=someone.pk).entry
        == entry
    )
    assert any(
        e.payload["first"] <= someone.pk <= e.payload["last"]
        for e in events
        if e.payload["label"] == "people.person"
    )
    assert verify().broken is None
    client.force_login(small_town.account("officer"))
    page = client.get(f"/registers/persons/{someone.pk}/history/").content.decode()
    assert "批量写入" in page
    client.force_login(small_town.account("other_officer"))
    assert client.get(f"/registers/persons/{someone.pk}/history/").status_code == 404


def test_the_same_sheet_again_changes_nothing(small_town):
    read(BulkImporter, pupils(50))
    left = people()
    assert read(BulkImporter, pupils(50))["counts"] == {
        "rows": 50,
        "created": 0,
        "updated": 0,
        "unchanged": 50,
        "rejected": 0,
    }
    assert people() == left


def test_sealed_in_bulk_opens_as_ever(small_town):
    read(BulkImporter, pupils(3))
    wanted = identity(101, date(2014, 3, 5))
    assert find_by_number("identity", wanted).full["identity"] == wanted


def test_who_keeps_one_school_cannot_load_into_another(small_town):
    for place, outcome in ((CLASS, "created"), ("向阳小学", "rejected")):
        one, other = both(pupils(5).replace(CLASS.encode(), place.encode()), actor=small_town.actor("clerk"))
        assert one == other
        assert one[0]["counts"][outcome] == 5


def test_lines_that_name_no_number_take_the_verb(small_town):
    person("张老师", small_town.place("gaoan"), "teacher")
    header = ("姓名", "单位", "身份", "开始日期", "结束日期")
    lines = [
        ("张老师", "高安路第一小学", "教师", "2024-09-01", end)
        for end in ("2025-08-31", "2025-08-31", "2023-01-01", "")
    ]
    one, other = both(sheet(header, [*lines, ("无此人", *lines[0][1:])]), register="memberships")
    assert one == other
    assert one[0]["counts"]["created"] == 1


def test_a_large_csv_takes_the_bulk_path_by_itself(small_town):
    def kind(data):
        register = REGISTRY.register("persons")
        return type(importer_of(SYSTEM, register, io.BytesIO(data), filename="a.csv", tell=print, at=NOW))

    assert kind(pupils(10)) is Importer
    assert kind(sheet(("姓名",), [("某人",)] * LARGE)) is BulkImporter


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True, databases="__all__")
def test_two_imports_of_one_sheet_at_once_register_everybody_once(prepared):
    data, before = pupils(300), Person.objects.unscoped("a test").count()
    counts, problems = [], []

    def load():
        try:
            counts.append(read(BulkImporter, data)["counts"])
        except Exception as error:  # noqa: BLE001  # told to the test below
            problems.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=load) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert problems == []
    assert sorted((each["created"], each["unchanged"]) for each in counts) == [(0, 300), (300, 0)]
    assert Person.objects.unscoped("a test").count() == before + 300
    assert verify().broken is None


@pytest.fixture
def prepared(db, town_of_this_module):
    return town_of_this_module()


TIES = {
    "memberships": (
        ("姓名", "证件号", "单位", "身份", "岗位", "开始日期", "结束日期"),
        st.tuples(
            cells("无此人", "重名", usual=["王一", "王二", "王三"]),
            cells("", "310104*********1", "123", "OLD-1", usual=[*GOOD[:3], "t20260001"]),
            cells("没有这所学校", usual=[CLASS, "高安路第一小学", "向阳小学"]),
            cells("学员", usual=["学生", "教师"]),
            cells("语文", usual=["", "", "数学"]),
            cells("昨天", "2024-9-1", usual=["2024-09-01", "2025-09-01"]),
            cells("2020-01-01", usual=["", "2026-06-30"]),
        ),
    ),
    "guardianships": (
        ("孩子", "孩子证件号", "监护人", "监护人证件号", "关系", "主要联系人", "开始日期", "结束日期"),
        st.tuples(
            cells("重名", usual=["王一", "王二"]),
            cells("", "123", "OLD1", usual=GOOD[:2]),
            cells("王一", usual=["王三", "王四"]),
            cells("", GOOD[0], usual=[GOOD[2], "t20260001"]),
            cells("外星", usual=["父亲", "母亲"]),
            cells("x", usual=["", "是", "否"]),
            cells("2024-13-01", usual=["", "2024-09-01"]),
            cells("2025-06-30", usual=["", "", ""]),
        ),
    ),
}


def ties():
    return [
        sorted(
            Guardianship.objects.unscoped("a test").values_list(
                "child__name", "guardian__name", "relation", "primary", "valid_from", "valid_to"
            ),
            key=str,
        ),
        *people()[2:],
    ]


@pytest.fixture
def family(small_town):
    """Four with numbers in force, one of them merged, and a number that was given up."""
    first = small_town.place("first")
    made = [person(name, first, "pupil") for name in ("王一", "王二", "王三")]
    for who, value in zip(made, GOOD, strict=False):
        number(who, "identity", value)
    four = person("王四", small_town.place("gaoan"), "teacher")
    number(four, "staff", "T20260001")
    number(made[0], "passport", "OLD1", valid_to=date(2025, 1, 1))
    for _ in range(2):
        person("重名", first, "pupil")
    return small_town


@pytest.mark.parametrize("register", TIES)
@given(data=st.data())
@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_ties_get_the_same_verdicts_on_both_paths(family, register, data):
    header, line = TIES[register]
    lines = data.draw(st.lists(line, min_size=1, max_size=12))
    found = []
    for importer_type in (Importer, BulkImporter):
        with transaction.atomic():
            said = [read(importer_type, sheet(header, lines), register=register) for _turn in range(2)]
            found.append((said, ties()))
            assert lacking() == set()
            transaction.set_rollback(True)
    assert found[1] == found[0]


@pytest.mark.parametrize("order", [("memberships", "guardianships"), ("guardianships", "memberships")])
def test_a_guardian_is_found_where_the_child_comes_to_by_a_sheet(family, order):
    rows = {
        "memberships": ("王一", GOOD[0], "崇明实验小学", "学生", "", "2026-09-01", ""),
        "guardianships": ("王一", GOOD[0], "王三", GOOD[2], "父亲", "", "", ""),
    }
    for register in order:
        counts = read(BulkImporter, sheet(TIES[register][0], [rows[register]]), register=register)["counts"]
        assert counts["created"] == 1
    assert lacking() == set()
    seen = Person.objects.visible_to(family.actor("other_officer")).filter(name__startswith="王")
    assert sorted(seen.values_list("name", flat=True)) == ["王一", "王三"]


def test_who_may_not_write_in_one_school_is_refused_line_by_line(family):
    header, _line = TIES["memberships"]
    rows = [
        ("王一", GOOD[0], place, "学生", "", "2024-09-01", "") for place in ("高安路第一小学", "向阳小学")
    ]
    for register_actor in ("clerk", "other_clerk", "officer"):
        with transaction.atomic():
            one, other = both(sheet(header, rows), register="memberships", actor=family.actor(register_actor))
            transaction.set_rollback(True)
        assert one == other
        assert one[0]["counts"]["created"] == (2 if register_actor == "officer" else 1)


def test_guardianships_of_a_batch_leave_one_entry(family):
    rows = [
        ("王一", GOOD[0], "王三", GOOD[2], "父亲", "是", "", ""),
        ("王二", GOOD[1], "王三", GOOD[2], "母亲", "", "", ""),
    ]
    before = AuditEntry.objects.unscoped("a test").count()
    data = sheet(TIES["guardianships"][0], rows)
    counts = [read(BulkImporter, data, register="guardianships")["counts"] for _turn in range(2)]
    assert [(each["created"], each["unchanged"]) for each in counts] == [(2, 0), (0, 2)]
    assert AuditEntry.objects.unscoped("a test").count() == before + 1


def test_ties_of_many_leave_one_entry_for_each_batch(family):
    rows = [
        ("王一", GOOD[0], CLASS, "学生", "", f"{year}-09-01", f"{year}-12-01") for year in range(1990, 2020)
    ]
    entries = AuditEntry.objects.unscoped("a test")
    before = entries.count()
    assert (
        read(BulkImporter, sheet(TIES["memberships"][0], rows), register="memberships")["counts"]["created"]
        == 30
    )
    assert entries.count() == before + 1
    entry = entries.order_by("-sequence").first()
    assert (entry.action, entry.changes["rows"]) == ("register.loaded", 30)
    assert entry.organisation_path == family.place("first").path
    assert verify().broken is None
