"""One cell to one value, or a sentence that says how to mend it."""

from datetime import date as Date
from datetime import datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wutong.kernel.sheet import cells
from wutong.kernel.sheet.cells import CellProblem, Choices, DateOrder

PARSERS = [
    cells.text, cells.code, cells.integer, cells.decimal, cells.date, cells.boolean,
    Choices({"1": ["男", "male"]}).one, Choices({"1": ["男", "male"]}).many,
]  # fmt: skip


def rule_of(parse, *args, **options):
    with pytest.raises(CellProblem) as caught:
        parse(*args, **options)
    assert str(caught.value.message)
    assert str(caught.value.mend)
    return caught.value.rule


@pytest.mark.parametrize("parse", PARSERS)
@pytest.mark.parametrize("value", [None, "", "  ", "\u3000\u200b\ufeff\xa0\t\r\n"])
def test_blank_is_nothing(parse, value):
    assert parse(value) is None


@pytest.mark.parametrize("parse", PARSERS)
@given(value=st.none() | st.text(max_size=40) | st.floats() | st.integers() | st.booleans() | st.datetimes())
def test_any_value_is_taken_or_refused_in_words(parse, value):
    try:
        parse(value)
    except CellProblem as problem:
        assert problem.rule
        assert len(str(problem)) < 200


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("\u3000王小明\u200b ", "王小明"),
        ("𠮷田㛃", "𠮷田㛃"),
        (12.0, "12"),
        (0.5, "0.5"),
        (True, "TRUE"),
        (Date(2026, 9, 1), "2026-09-01"),
        ("第３班", "第３班"),
    ],
)
def test_text(value, expected):
    assert cells.text(value) == expected


def test_text_narrows_digits_letters_and_space_only_where_asked():
    assert cells.text("第３　Ａ班（ｂ）", half_width=True) == "第3 A班（b）"


def test_text_keeps_line_breaks_only_where_asked():
    assert cells.text("一\r\n二", lines=True) == "一\n二"
    assert rule_of(cells.text, "一\n二") == "lines"


@pytest.mark.parametrize(
    ("value", "rule"),
    [
        ("a\x00b", "control"),
        ("a\x1bb", "control"),
        ("a\u202eb", "control"),
        ("a\ud800", "control"),
        ("�王", "garbled"),
    ],
)
def test_text_refuses_what_nobody_can_see(value, rule):
    assert rule_of(cells.text, value) == rule


def test_text_too_long():
    assert cells.text("一二三", longest=3) == "一二三"
    assert rule_of(cells.text, "一二三四", longest=3) == "length"


def test_required():
    cells.required("x")
    assert rule_of(cells.required, "\u3000") == "required"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("00123", "00123"),
        ("　００１２３Ｘ ", "00123X"),
        (310104.0, "310104"),
        (999999999999999.0, "999999999999999"),
        ("310101199001011234", "310101199001011234"),
        ("12E5", "12E5"),
        (7, "7"),
    ],
)
def test_code(value, expected):
    assert cells.code(value) == expected


@pytest.mark.parametrize("value", [310101199001011234.0, 310101199001011234, "3.1E+17", "3.10101E+17", 1e15])
def test_number_that_excel_destroyed(value):
    with pytest.raises(CellProblem) as caught:
        cells.code(value)
    assert caught.value.rule == "code_destroyed"
    assert "Excel" in str(caught.value.message)
    assert "文本" in str(caught.value.mend)


def test_code_that_excel_made_a_date():
    assert rule_of(cells.code, Date(2026, 2, 1)) == "code_date"
    assert rule_of(cells.code, True) == "code"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("12", 12),
        ("１２", 12),
        ("-3", -3),
        ("－3", -3),
        ("1,234", 1234),
        (12.0, 12),
        ("12.0", 12),
        ("1e3", 1000),
    ],
)
def test_integer(value, expected):
    assert cells.integer(value) == expected


@pytest.mark.parametrize(
    ("value", "rule"),
    [
        ("12.5", "integer"), ("十二", "number"), ("12人", "number"), (True, "number"), ("1,23", "number"),
        (float("nan"), "number"), (float("inf"), "number"), ("9" * 5000, "number"), ("1e99", "bounds"),
        (Date(2026, 1, 1), "number"), ("٣", "number"), ("101", "bounds"), ("-1", "bounds"),
    ],
)  # fmt: skip
def test_integer_refused(value, rule):
    assert rule_of(cells.integer, value, minimum=0, maximum=100) == rule


def test_decimal():
    assert cells.decimal("１２．５") == Decimal("12.5")
    assert cells.decimal(0.1) == Decimal("0.1")
    assert cells.decimal("3.10", places=1) == Decimal("3.1")
    assert rule_of(cells.decimal, "3.14", places=1) == "places"
    assert rule_of(cells.decimal, "12345678901234567.0000000000000001", places=15) == "places"
    assert rule_of(cells.decimal, "85%") == "number"
    assert rule_of(cells.decimal, "100.01", maximum=100) == "bounds"


FIRST = Date(2026, 9, 1)


@pytest.mark.parametrize(
    "value",
    [
        "2026-09-01", "2026/9/1", "2026.9.1", "20260901", "2026年9月1日", "2026年09月01号", "２０２６／９／１",
        "2026 年 9 月 1 日", "2026-09-01 00:00:00", "2026-09-01T08:30:00+08:00", 46266, 46266.0, 46266.35,
        "46266", 20260901.0, FIRST, datetime(2026, 9, 1, 8, 30),
    ],
)  # fmt: skip
def test_date(value):
    assert cells.date(value) == FIRST


@pytest.mark.parametrize(
    "value",
    [
        "2026-13-01", "2026-02-30", "26-09-01", "1/9/26", "2026-9/1", "九月一日", "2026-09", True, 0, -5, 1e300,
        float("nan"), "20261301", "٢٠٢٦-٠٩-٠١", "2026-09-01x", "31.04.2026",
    ],
)  # fmt: skip
def test_not_a_date(value):
    assert rule_of(cells.date, value) == "date"


def test_date_out_of_reason():
    assert rule_of(cells.date, "1026-09-01") == "date_bounds"
    assert rule_of(cells.date, "2026-09-01", latest=Date(2026, 1, 1)) == "date_bounds"


def test_excel_believes_in_29_february_1900():
    assert [cells.date(day) for day in (1, 59, 61)] == [Date(1900, 1, 1), Date(1900, 2, 28), Date(1900, 3, 1)]


def test_year_last_is_taken_only_when_it_can_mean_one_day():
    assert cells.date("13/9/2026") == Date(2026, 9, 13)
    assert cells.date("9/13/2026") == Date(2026, 9, 13)
    assert cells.date("5/5/2026") == Date(2026, 5, 5)
    assert rule_of(cells.date, "1/9/2026") == "date_ambiguous"
    assert cells.date("1/9/2026", order=DateOrder.DAY_FIRST) == FIRST
    assert cells.date("9/1/2026", order=DateOrder.MONTH_FIRST) == FIRST


@pytest.mark.parametrize(
    ("column", "order"),
    [
        (["1/9/2026", "13/9/2026", None, 5.0], DateOrder.DAY_FIRST),
        (["1/9/2026", "9/13/2026"], DateOrder.MONTH_FIRST),
        (["1/9/2026", "2/9/2026", "2026-09-13"], DateOrder.UNKNOWN),
        (["13/9/2026", "9/13/2026"], DateOrder.UNKNOWN),
        ([], DateOrder.UNKNOWN),
    ],
)
def test_order_of_a_column(column, order):
    assert DateOrder.infer(column) is order


@given(st.dates(min_value=Date(1900, 3, 1), max_value=Date(2199, 12, 31)))
def test_every_way_to_write_a_day_means_that_day(day):
    serial = (day - Date(1899, 12, 30)).days
    written = [day.isoformat(), f"{day.year}年{day.month}月{day.day}日", f"{day:%Y%m%d}", float(serial), day]
    assert {cells.date(value) for value in written} == {day}


@pytest.mark.parametrize("value", ["是", "Y", "yes", "1", "TRUE", "１", True, 1.0, 1, " 是 ", "√"])
def test_yes(value):
    assert cells.boolean(value) is True


@pytest.mark.parametrize("value", ["否", "N", "no", "0", "false", False, 0.0, 0])
def test_no(value):
    assert cells.boolean(value) is False


@pytest.mark.parametrize("value", ["也许", 2, "10", Date(2026, 1, 1)])
def test_neither(value):
    assert rule_of(cells.boolean, value) == "boolean"


SUBJECTS = Choices(
    {
        "01": ["语文", "Chinese"],
        "02": ["数学", "Mathematics"],
        "11": ["历史/社会", "History"],
        "12": ["音乐", "Music"],
    }
)


@pytest.mark.parametrize("value", ["02", "2", 2.0, "数学", "mathematics", " ＭＡＴＨＥＭＡＴＩＣＳ "])
def test_choice_by_code_or_name(value):
    assert cells.choice(value, SUBJECTS) == "02"


def test_choice_suggests_the_nearest():
    with pytest.raises(CellProblem) as caught:
        SUBJECTS.one("Mathmatics")
    assert caught.value.rule == "choice"
    assert str(caught.value.mend) == "是不是“Mathematics”？"


def test_choice_that_nothing_is_near():
    with pytest.raises(CellProblem) as caught:
        SUBJECTS.one("zzzzzz" * 1000)
    assert "语文" in str(caught.value.mend)
    assert len(str(caught.value)) < 100


def test_choice_of_one_name_for_two_codes():
    twins = Choices({"1": ["朝阳"], "2": ["朝阳"], "01": [], "001": []})
    assert rule_of(twins.one, "朝阳") == "choice_ambiguous"
    assert twins.one("1") == "1"
    assert rule_of(twins.one, "0001") == "choice_ambiguous"


def test_a_code_wins_over_a_name():
    assert Choices({"1": ["2"], "2": ["1"]}).one("1") == "1"


@pytest.mark.parametrize(
    "written", ["语文;数学", "语文；数学", "语文、数学", "语文,数学", "语文，02", "01/02/1", "；语文、、数学"]
)
def test_several_choices(written):
    assert cells.multi_choice(written, SUBJECTS) == ("01", "02")


def test_a_name_with_a_separator_is_one_choice():
    assert SUBJECTS.many("历史/社会") == ("11",)
    assert SUBJECTS.many("；、") is None
    assert rule_of(SUBJECTS.many, "语文;体育") == "choice"


def test_a_long_list_and_many_wrong_cells_do_not_hang():
    long = Choices({f"{number:06}": [f"某某镇第{number}小学"] for number in range(2000)})
    for number in range(5000):
        assert rule_of(long.one, f"不存在的学校{number}") == "choice"


def test_sentences_show_the_value_short_and_visible():
    assert cells.shorten("a\x00b\u202e\nc") == "a�b� c"
    assert cells.shorten("长" * 50) == "长" * 20 + "…"
    assert "{x}" in str(cells.problem("rule", "“{value}”", "", "{x}").message)
