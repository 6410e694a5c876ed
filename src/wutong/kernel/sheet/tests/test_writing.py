"""What is written opens in Excel as text, and reads back as it was."""

import io
import re
from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from wutong.kernel.errors import Invalid
from wutong.kernel.sheet.cells import trim
from wutong.kernel.sheet.reading import open_sheet
from wutong.kernel.sheet.writing import guard, guard_text, unguard, write_csv, write_xlsx

HEADER = ("代码", "姓名", "备注")
ATTACKS = [
    "=1+1", "+86 13800000000", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1", "＋1", "－1", "＠x",
    "=cmd|' /C calc'!A0", "'=1", "''=1", "--3", "-3.5a", "-",
]  # fmt: skip


def csv_bytes(rows, header=HEADER):
    file = io.BytesIO()
    write_csv(file, header, rows)
    return file.getvalue()


def xlsx_file(rows, header=HEADER, **options):
    file = io.BytesIO()
    write_xlsx(file, header, rows, title="学生", **options)
    return file


def read(data):
    file = io.BytesIO(data) if isinstance(data, bytes) else data
    sheet = open_sheet(file, filename="x")
    return sheet.header, [row.values for row in sheet.rows]


def test_csv_bytes():
    rows = [
        ["00123", "=1+1", None],
        [-3.5, Decimal("1E+2"), True],
        [date(2026, 9, 1), datetime(2026, 9, 1, 8, 30), 5],
    ]
    assert csv_bytes(rows).decode("utf-8") == (
        "\ufeff代码,姓名,备注\r\n00123,'=1+1,\r\n-3.5,100,TRUE\r\n2026-09-01,2026-09-01 08:30:00,5\r\n"
    )


@pytest.mark.parametrize("value", ATTACKS)
def test_csv_has_no_formula_under_any_delimiter(value):
    data = csv_bytes([["x", f"x;{value}", f"x\t{value}", value]]).decode("utf-8-sig")
    # However a program divides it: at any separator, and whether or not it understands the quotes.
    for piece in re.split("[,;\t\r\n]", data):
        assert not piece.lstrip('"').startswith(tuple("=+-@＝＋－＠"))


@pytest.mark.parametrize("value", ATTACKS)
def test_attacks_read_back_unchanged(value):
    rows = [(value, "x", "y")]
    assert read(csv_bytes(rows)) == (HEADER, rows)
    assert read(xlsx_file(rows)) == (HEADER, rows)


@pytest.mark.parametrize("value", ["-3.5", "-3", "-1e-05", "3", "a=b", "'x", "o'clock", ""])
def test_harmless_text_is_left_alone(value):
    assert guard(value) == value


@given(st.text(alphabet="'=+-@＝;a1 \t\r\n") | st.text())
def test_guard_is_undone_exactly(value):
    assert unguard(guard(value)) == value
    assert unguard(guard_text(value)) == value


def test_xlsx_has_no_formula_and_codes_are_text():
    sheet = load_workbook(xlsx_file([["00123", "=1+1", -3.5]], text_columns={"代码"})).active
    assert [(cell.value, cell.data_type) for cell in sheet[2]] == [("00123", "s"), ("=1+1", "s"), (-3.5, "n")]
    assert sheet["A2"].number_format == "@"
    assert sheet.column_dimensions["A"].number_format == "@"
    assert (sheet.freeze_panes, sheet.title) == ("A2", "学生")


def test_a_title_that_excel_would_refuse():
    file = io.BytesIO()
    write_xlsx(file, HEADER, [], title="a/b:[c]*?\\\x01" + "长" * 50)
    assert len(load_workbook(file).active.title) <= 31
    write_xlsx(file := io.BytesIO(), HEADER, [], title="'")
    assert load_workbook(file).active.title == "Sheet1"


def test_numbers_with_more_digits_than_excel_keeps_become_text():
    assert read(xlsx_file([[310101199001011234, Decimal("1.2345678901234567"), 5]]))[1] == [
        ("310101199001011234", "1.2345678901234567", 5)
    ]


def test_a_cell_that_excel_would_cut_is_refused():
    with pytest.raises(Invalid):
        xlsx_file([["长" * 32_768]])


# Lone surrogates are no text, and a cell of nothing but white space is blank.
TEXT = (
    st.text(st.characters(exclude_categories=["Cs"]), max_size=30) | st.text("'=+-@＝;,\"\t\r\n_x0041")
).filter(trim)
KEY = st.text("abc甲乙", min_size=1)
# Excel keeps 15 digits of a number.
FLOAT = st.floats(-1e300, 1e300).map(lambda number: float(f"{number:.15g}"))
NUMBER = st.booleans() | st.integers(-(10**14), 10**14) | FLOAT
DAY = st.dates(date(1900, 3, 1), date(9999, 1, 1))


@given(st.lists(st.tuples(KEY, st.none() | TEXT, st.none() | TEXT), max_size=8))
def test_csv_round_trip(rows):
    assert read(csv_bytes(rows)) == (HEADER, rows)


@settings(max_examples=60)
@given(st.lists(st.tuples(KEY, st.none() | TEXT, st.none() | TEXT | NUMBER | DAY), max_size=6))
def test_xlsx_round_trip(rows):
    assert read(xlsx_file(rows)) == (HEADER, rows)
