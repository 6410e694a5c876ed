"""Which column each header means."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wutong.kernel.sheet.header import HeaderMatch, SheetError, match_header


@dataclass(frozen=True)
class Column:
    name: str
    titles: tuple[str, ...]
    required: bool = False


NAME = Column("name", ("姓名", "学生姓名", "Full name"), required=True)
NUMBER = Column("number", ("学籍号", "学籍编号"), required=True)
BORN = Column("born", ("出生日期", "Date of birth"))
SCHOOL = Column("school", ("学校名称", "School"))
ENROLLED = Column("enrollment_date", ("入学日期", "Enrollment date"))
COLUMNS = (NAME, NUMBER, BORN, SCHOOL, ENROLLED)


def matched(*header, columns=COLUMNS, mapping=None):
    return match_header(header, columns, mapping)


def test_exact_names_and_aliases():
    assert matched("学籍号", "姓名", "school") == HeaderMatch(
        indexes={"number": 0, "name": 1, "school": 2}, unknown=(), missing=(), guessed={}
    )


@pytest.mark.parametrize(
    "written",
    [
        "姓名（必填）", "姓名(必填)", "姓 名", "*姓名", "姓名*", "姓名＊", "【必填】姓名", "姓名：", "NAME",
        "FULL NAME", "Ｆｕｌｌ　Ｎａｍｅ", "full_name", "姓名\n（与身份证一致）",
    ],
)  # fmt: skip
def test_the_same_name_otherwise_written(written):
    assert matched(written, "学籍号") == HeaderMatch({"name": 0, "number": 1}, (), (), {})


def test_missing_and_unknown():
    assert matched("姓名", "籍贯", "") == HeaderMatch(
        {"name": 0}, ("籍贯", "（第 3 列没有表头）"), ("number",), {}
    )


@pytest.mark.parametrize(
    ("written", "name"),
    [("出身日期", "born"), ("出生日", "born"), ("出日生期", "born"), ("学藉号", "number"), ("出生期日", "born"),
     ("学校名称呼", "school"), ("Enrolment date", "enrollment_date"), ("Enrollement  Date", "enrollment_date")],
)  # fmt: skip
def test_a_slip_of_the_pen_is_guessed_and_told(written, name):
    found = matched(written)
    assert found.guessed == {written: name}
    assert found.indexes == {name: 0}


@pytest.mark.parametrize(
    ("written", "column"),
    [
        ("性名", Column("name", ("姓名",))),
        ("母亲姓名", Column("father", ("父亲姓名",))),
        ("第二学期", Column("term", ("第一学期",))),
        ("家长2电话", Column("phone", ("家长1电话",))),
        ("phone2", Column("x", ("phone1",))),
        ("离校日期", Column("x", ("入校日期",))),
    ],
)
def test_another_thing_is_not_guessed(written, column):
    assert matched(written, columns=(column,)) == HeaderMatch({}, (written,), (), {})


def test_ambiguous_guesses_are_not_made():
    two = (Column("a", ("联系电话",)), Column("b", ("联络电话",)))
    assert matched("联糸电话", columns=two).guessed == {}
    assert matched("出身日期", "出世日期", columns=(BORN,)) == HeaderMatch(
        {}, ("出身日期", "出世日期"), (), {}
    )
    assert matched("出生日期", "出身日期", columns=(BORN,)).unknown == ("出身日期",)


def test_two_headers_for_one_column_take_the_exact_one():
    assert matched("学生姓名（必填）", "姓名").indexes == {"name": 1}
    assert matched("学生姓名", "姓名").indexes == {}


def test_brackets_that_tell_columns_apart():
    scores = (Column("chinese", ("成绩（语文）",)), Column("maths", ("成绩（数学）",)))
    assert matched("成绩(数学)", "成绩(语文)", columns=scores).indexes == {"maths": 0, "chinese": 1}
    assert matched("成绩", columns=scores).indexes == {}


def test_the_mapping_wins():
    found = matched("姓名", "曾用名", "学籍号", mapping={"曾用名": "name", "学籍号": ""})
    assert found == HeaderMatch({"name": 1}, ("姓名",), ("number",), {})


@pytest.mark.parametrize("mapping", [{"姓名": "nonsense"}, {"姓名": "name", "学籍号": "name"}])
def test_a_wrong_mapping_is_refused(mapping):
    with pytest.raises(SheetError) as caught:
        matched("姓名", "学籍号", mapping=mapping)
    assert "列对照" in str(caught.value)


@given(st.lists(st.text(max_size=12) | st.sampled_from([t for c in COLUMNS for t in c.titles]), unique=True))
def test_every_header_is_placed_once_or_unknown(header):
    found = match_header(header, COLUMNS)
    assert len(set(found.indexes.values())) == len(found.indexes)
    assert len(found.unknown) == len(header) - len(found.indexes)
    assert set(found.guessed.values()) <= set(found.indexes)


def test_a_wide_header_of_long_names_does_not_hang():
    header = [f"{'列' * 200}{number}" for number in range(500)]
    assert len(match_header(header, COLUMNS).unknown) == 500
