"""What schools upload, as bytes: read as it was meant, or refused in one sentence; nothing hangs or grows."""

import csv
import io
import re
import tracemalloc
import zipfile
from datetime import date, datetime, time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from wutong.kernel.errors import Invalid
from wutong.kernel.sheet.reading import Limits, SheetError, open_sheet

TEXT = "姓名,学号,备注\r\n王小明,001,𠮷\r\n李㛃,002,\r\n"
HEADER = ("姓名", "学号", "备注")
ROWS = [(2, ("王小明", "001", "𠮷")), (3, ("李㛃", "002", None))]


def opened(data, **limits):
    return open_sheet(io.BytesIO(data), filename="学生.xlsx", limits=Limits(**limits))


def read(data, **limits):
    sheet = opened(data, **limits)
    return sheet.header, [(row.number, row.values) for row in sheet.rows]


def refusal(data, **limits):
    with pytest.raises(SheetError) as caught:
        list(opened(data, **limits).rows)
    assert isinstance(caught.value, Invalid)
    assert len(str(caught.value)) < 150
    return str(caught.value)


def xlsx(*rows, book=None):
    book = book or Workbook()
    for row in rows:
        book.active.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def rezipped(data, **parts):
    """The archive with some parts changed; keys are the last part of a name without its ending."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            change = parts.get(name.rpartition("/")[2].removesuffix(".xml"), lambda part: part)
            new.writestr(name, change(old.read(name)))
    return file.getvalue()


def zipped(**entries):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return file.getvalue()


SMALL = xlsx(["姓名", "学号"], ["王小明", "001"])

SHARED_TEXTS = (
    '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" count="4" uniqueCount="4">'
    "<si><t>姓名</t></si><si><t>学号</t></si><si><r><t>王</t></r><r><t>小明</t></r></si><si><t>001</t></si></sst>"
).encode()


def shared():
    """SMALL as Excel itself writes it: the texts in a part of their own, the cells only numbers of texts."""
    cells = "".join(
        f'<row r="{row}"><c r="A{row}" t="s"><v>{first}</v></c><c r="B{row}" t="s"><v>{first + 1}</v></c></row>'
        for row, first in ((1, 0), (2, 2))
    ).encode()
    file = io.BytesIO(
        rezipped(
            SMALL,
            sheet1=lambda part: re.sub(b"(?<=<sheetData>).*(?=</sheetData>)", cells, part, flags=re.S),
            **{
                "workbook.xml.rels": lambda part: part.replace(
                    b"</Relationships>", RELATION + b"</Relationships>"
                )
            },
        )
    )
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("xl/sharedStrings.xml", SHARED_TEXTS)
    return file.getvalue()


RELATION = (
    b'<Relationship Id="rId99" Target="sharedStrings.xml" '
    b'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings"/>'
)
SHARED = shared()


# CSV: codes, separators, line ends


@pytest.mark.parametrize(
    ("code", "found"),
    [("utf-8", "utf-8"), ("utf-8-sig", "utf-8-sig"), ("gb18030", "gb18030"), ("utf-16", "utf-16")],
)
def test_encodings(code, found):
    data = TEXT.encode(code)
    sheet = opened(data)
    assert (sheet.kind, sheet.encoding) == ("csv", found)
    assert read(data) == (HEADER, ROWS)


def test_utf_16_big_endian():
    assert read(b"\xfe\xff" + TEXT.encode("utf-16-be")) == (HEADER, ROWS)


@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_separators_and_line_ends(delimiter, end):
    data = TEXT.replace("\r\n", end).replace(",", delimiter).encode()
    assert read(data) == (HEADER, ROWS)


def test_a_separator_may_stand_quoted_among_others():
    assert read(b'"a;b;c;d",x\n1,"2;3;4;5"\n')[0] == ("a;b;c;d", "x")
    assert read("姓名,选科\n王,物理;化学;生物\n".encode())[0] == ("姓名", "选科")
    assert read(b"a;b;c\n1,5;2,5;3,5\n")[0] == ("a", "b", "c")


def test_a_line_that_names_the_separator():
    assert read("sep=;\r\n姓名;学号\r\n王,1,2;001\r\n".encode()) == (
        ("姓名", "学号"),
        [(3, ("王,1,2", "001"))],
    )


def test_a_gb18030_file_whose_first_non_ascii_byte_comes_late():
    data = b"a,b\n" + b"1,2\n" * 100_000 + "王,㛃\n".encode("gb18030")
    sheet = opened(data)
    assert sheet.encoding == "gb18030"
    assert list(sheet.rows)[-1].values == ("王", "㛃")


def test_quoted_line_breaks_count_as_one_row():
    assert read('a,b\n"一\r\n二\n三",x\n,y\n'.encode()) == (
        ("a", "b"),
        [(2, ("一\r\n二\n三", "x")), (3, (None, "y"))],
    )


def test_a_nul_stays_in_its_cell():
    assert read(b"name,b\nx\x00y,1\n" + b"row,2\n" * 20)[1][0] == (2, ("x\x00y", "1"))


def test_utf_8_with_one_broken_byte_is_not_read_as_gibberish():
    data = "姓名,学号\n".encode() + "王小明,学生\n".encode() * 4 + b"\xe7\x8e,1\n"
    assert "第 6 行" in refusal(data)


def test_neither_utf_8_nor_gb18030():
    assert "第 2 行" in refusal(b"a,b\n\xff\xff\xff,1\n")
    assert "编码" in refusal(b"\xff\xfea\x00,\x00b\x00\n\x00\x00\xd8")


def test_text_beginning_like_a_picture():
    assert read(b"BMI,RIFF\n1,2\n") == (("BMI", "RIFF"), [(2, ("1", "2"))])


# Shape: titles, blanks, short and long rows, header


@pytest.mark.parametrize(
    "make", [lambda text: text.encode(), lambda text: xlsx(*csv.reader(io.StringIO(text)))]
)
def test_title_and_blank_rows_are_passed_over_but_counted(make):
    text = "学校信息表,,\n,,\n,,填报日期：九月\n姓名,学号,备注\n,,\n王,001,\n　,,\n李,,好\n"
    sheet = opened(make(text))
    assert sheet.header == HEADER
    assert [(row.number, row.values) for row in sheet.rows] == [
        (6, ("王", "001", None)),
        (8, ("李", None, "好")),
    ]
    assert sheet.blank_rows == 3


def test_a_table_of_one_column():
    assert read("姓名\n王\n李\n".encode()) == (("姓名",), [(2, ("王",)), (3, ("李",))])


def test_short_rows_are_padded_and_long_rows_are_told():
    sheet = opened(b"a,b\n1\n1,2,,\n1,2,,three\n")
    rows = list(sheet.rows)
    assert [row.values for row in rows] == [("1", None), ("1", "2"), ("1", "2")]
    assert [[problem.rule for problem in row.problems] for row in rows] == [[], [], ["too_long"]]
    assert "three" in str(rows[2].problems[0].message)


def test_repeated_header_names():
    assert "两个“姓名”" in refusal("姓名,学号,姓名 \n".encode())


def test_header_names_are_trimmed_and_may_be_blank_inside():
    assert read("　姓名 ,,学号,,\n王,,1,,\n".encode())[0] == ("姓名", "", "学号")


@pytest.mark.parametrize("data", [b"", b"\n\n", b",,\n,,\n", xlsx(), b"\xef\xbb\xbf"])
def test_nothing_in_it(data):
    assert refusal(data)


def test_total_is_near_the_number_of_rows():
    for data in (TEXT.encode(), TEXT.replace("\r\n", "\r").encode(), SMALL):
        sheet = opened(data)
        assert len(list(sheet.rows)) <= sheet.total <= 3


# Limits


def test_a_cell_of_20_mb_is_refused_with_its_place():
    for cell in (b"x" * 20_000_000, b'"' + b"x\n" * 10_000_000 + b'"'):
        assert "第 3 行第 2 列（B 列）" in refusal(b"a,b\n1,2\n3," + cell + b"\n")


def test_20_mb_of_loose_quotes_are_refused_with_their_row():
    assert "第 3 行" in refusal(b"a,b\n1,2\n3," + b'"x,' * 7_000_000)


def test_a_cell_as_long_as_excel_allows():
    assert read(b"a,b\n1," + b"x" * 32_767 + b"\n")[1][0][1][1] == "x" * 32_767
    assert "第 2 行第 2 列" in refusal(b"a,b\n1," + b"x" * 32_768 + b"\n")
    for book, part in ((SMALL, "sheet1"), (SHARED, "sharedStrings")):
        long = rezipped(book, **{part: lambda xml: xml.replace(b"001", b"0" * 32_768)})
        assert "第 2 行第 2 列" in refusal(long)


def test_a_runaway_quote():
    assert "第 2 行的引号没有成对" in refusal(b'a,b\n"1,2\n3,4\n')
    assert "第 2 行的引号没有成对" in refusal(b'a,b\n"1"x,2\n')


def test_a_line_of_nothing_but_separators():
    assert "第 2 行" in refusal(b"a,b\n" + b"," * 3_000_000)
    assert read(b"a,b\n1,2" + b"," * 1000)[1] == [(2, ("1", "2"))]


def test_limits():
    assert "MB" in refusal(TEXT.encode(), file=10)
    assert "1 行" in refusal(TEXT.encode(), rows=1)
    assert "最多只能有 2 列" in refusal(TEXT.encode(), columns=2)
    assert "第 2 行有 3 列" in refusal(b"a,b\n1,2,3\n", columns=2)
    assert "最多只能有 1 列" in refusal(SMALL, columns=1)


def test_the_csv_field_limit_of_others_is_left_alone():
    before = csv.field_size_limit(100)
    try:
        assert refusal(b"a,b\n1," + b"x" * 200 + b"\n")
        assert csv.field_size_limit() == 100
    finally:
        csv.field_size_limit(before)


def test_100_000_rows_stream_within_bounded_memory():
    data = TEXT.encode() + "王小明,000123,一些备注文字\r\n".encode() * 100_000
    tracemalloc.start()
    try:
        sheet = opened(data)
        assert sum(1 for _row in sheet.rows) == 100_002
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 20_000_000


# What is no table


OLE2 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (OLE2, ".xls"),
        (OLE2 + "EncryptedPackage".encode("utf-16-le"), "密码"),
        (b"%PDF-1.7\n", "PDF"),
        (b"\x89PNG\r\n\x1a\n", "图片"),
        (b"\xff\xd8\xff\xe0", "图片"),
        (b"BM\x36\x00\x0c\x00\x00\x00", "图片"),
        (b"Rar!\x1a\x07", "压缩包"),
        (b"PK\x05\x06" + b"\0" * 18, "压缩包"),
        (b"{\\rtf1 x}", "RTF"),
        (b"<html><table><tr><td>1</td></tr></table></html>", "HTML"),
        ("\ufeff\n <!DOCTYPE html><table>".encode(), "HTML"),
        ("<html><table>".encode("utf-16"), "HTML"),
        (b'<?xml version="1.0"?>\n<html xmlns="x">', "HTML"),
        (b'<?xml version="1.0"?><Workbook/>', "XML"),
        (b"MIME-Version: 1.0\n", "MHT"),
        (b'[{"a": 1}]', "JSON"),
        (b"a\0b\0,\0c\0\n\0", "文本"),
        (zipped(**{"content.xml": "x", "mimetype": "application/vnd.oasis.opendocument.spreadsheet"}), ".ods"),
        (zipped(**{"word/document.xml": "x"}), "Word"),
        (zipped(**{"xl/workbook.bin": "x"}), ".xlsb"),
        (zipped(**{"a.csv": TEXT}), "压缩包"),
    ],
)  # fmt: skip
def test_other_kinds_of_file_are_named(data, what):
    said = refusal(data)
    assert what in said
    assert ".xlsx" in said


# XLSX


def test_values_of_an_xlsx():
    rows = [
        ["代码", "日期", "时刻", "数", "是", "钟"],
        ["00123", date(2026, 9, 1), datetime(2026, 9, 1, 8, 30), 1.5, True, time(8, 30)],
        [310104, None, None, -2, False, None],
    ]
    assert read(xlsx(*rows)) == (
        tuple(rows[0]),
        [
            (2, ("00123", date(2026, 9, 1), datetime(2026, 9, 1, 8, 30), 1.5, True, "08:30:00")),
            (3, (310104.0, None, None, -2.0, False, None)),
        ],
    )
    assert type(list(opened(xlsx(*rows)).rows)[0].values[1]) is date


def test_a_table_that_begins_further_in():
    book = Workbook()
    book.active.merge_cells("A1:D1")
    book.active["A1"] = "学校信息表"
    book.active["B4"], book.active["C4"], book.active["B6"] = "姓名", "学号", "王"
    assert read(xlsx(book=book)) == (("", "姓名", "学号"), [(6, (None, "王", None))])


def test_the_first_sheet_that_a_person_sees():
    book = Workbook()
    book.active.sheet_state = "hidden"
    book.active.append(["藏", "着"])
    book.create_chartsheet("图")
    book.create_sheet("学生").append(["姓名", "学号"])
    assert read(xlsx(book=book))[0] == ("姓名", "学号")


def test_a_failed_formula_is_a_problem_of_its_row():
    row = list(opened(xlsx(["a", "b"], ["x", "#N/A"])).rows)[0]
    assert (row.values, [problem.rule for problem in row.problems]) == (("x", None), ["formula"])
    assert "B2" in str(row.problems[0].message)


def test_far_formats_without_content_are_harmless():
    book = Workbook()
    book.active["A1"], book.active["B1"], book.active["A2"] = "姓名", "学号", "王"
    book.active["XFD1048576"].number_format = "@"
    assert read(xlsx(book=book)) == (("姓名", "学号"), [(2, ("王", None))])


def far(reference):
    return rezipped(SMALL, sheet1=lambda part: part.replace(b'r="B2"', b'r="%s"' % reference))


@pytest.mark.parametrize(
    "reference",
    [
        b"XFD2",
        b"ZZZ2",
        b"B1048576",
        b"ALL1048576",
        b"ZZZZZZ2",
        b"B0",
        b"B99999999999999999999",
        b"",
        b"b2",
        b"2",
    ],
)
def test_one_far_cell_does_not_ask_for_all_the_memory(reference):
    assert refusal(far(reference), xlsx_cells=1_000_000)


def test_positions_that_are_not_written_are_counted():
    data = rezipped(
        SMALL,
        sheet1=lambda part: part.replace(b' r="A2"', b"").replace(b' r="B2"', b"").replace(b' r="2"', b""),
    )
    assert read(data) == read(SMALL)


def test_shared_texts():
    assert read(SHARED) == read(SMALL) == (("姓名", "学号"), [(2, ("王小明", "001"))])


def test_a_shared_text_used_too_often():
    rows = b"".join(
        b'<row r="%d"><c r="A%d" t="s"><v>2</v></c></row>' % (row, row) for row in range(3, 40_000)
    )
    data = rezipped(
        SHARED,
        sheet1=lambda part: part.replace(b"</sheetData>", rows + b"</sheetData>"),
        sharedStrings=lambda part: part.replace("小明".encode(), b"x" * 32_000),
    )
    assert "大得不合理" in refusal(data)


@pytest.mark.parametrize("count", [b"0", b"-1", b"99999999999", b"18446744073709551615", b"x"])
def test_a_wrong_count_of_shared_texts_is_not_believed(count):
    data = rezipped(SHARED, sharedStrings=lambda part: part.replace(b'ount="4"', b'ount="%s"' % count))
    assert outcome(data) is not None


@pytest.mark.parametrize("extent", [b"A1:XFD1048576", b"A1", b"", b"ZZZZZZZ99999999999:A1"])
def test_a_wrong_extent_is_not_believed(extent):
    data = rezipped(
        SMALL, sheet1=lambda part: re.sub(rb'<dimension ref="[^"]*"', b'<dimension ref="%s"' % extent, part)
    )
    assert outcome(data) is not None


def test_zip_bombs():
    bomb = rezipped(SMALL, styles=lambda part: part + b" " * 50_000_000)
    assert "大得不合理" in refusal(bomb)
    assert "大得不合理" in refusal(SMALL, unpacked=1000)
    assert "大得不合理" in refusal(SMALL, zip_entries=3)


def test_an_archive_that_lies_about_its_sizes():
    bomb = bytearray(rezipped(SMALL, styles=lambda part: part + b" " * 50_000_000))
    with zipfile.ZipFile(io.BytesIO(bytes(bomb))) as archive:
        real = next(info.file_size for info in archive.infolist() if info.filename == "xl/styles.xml")
    lied = bytes(bomb).replace(real.to_bytes(4, "little"), (1000).to_bytes(4, "little"))
    assert refusal(lied)


def test_names_that_lead_out_of_the_archive():
    file = io.BytesIO(SMALL)
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("../../etc/passwd", "x")
    assert "损坏" in refusal(file.getvalue())


def test_two_parts_of_one_name():
    file = io.BytesIO(SMALL)
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("XL/workbook.xml", "x")
    assert "损坏" in refusal(file.getvalue())


def test_an_encrypted_archive():
    data = bytearray(SMALL)
    at = data.find(b"PK\x01\x02")
    while at >= 0:
        data[at + 8] |= 1
        at = data.find(b"PK\x01\x02", at + 1)
    assert "密码" in refusal(bytes(data))


LAUGHS = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;"><!ENTITY c SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize("part", ["sheet1", "sharedStrings", "workbook", "workbook.xml.rels", "styles"])
def test_document_types_are_refused(part):
    def declare(xml):
        start = xml.index(b"?>") + 2 if xml.startswith(b"<?xml") else 0
        return xml[:start] + LAUGHS + xml[start:]

    assert "XML" in refusal(rezipped(SHARED, **{part: declare}))


def test_other_parts_are_never_opened():
    file = io.BytesIO(SMALL)
    with zipfile.ZipFile(file, "a") as archive:
        for name in ("xl/externalLinks/externalLink1.xml", "xl/vbaProject.bin", "xl/media/image1.png"):
            archive.writestr(name, LAUGHS)
    assert read(file.getvalue()) == read(SMALL)


@pytest.mark.parametrize("part", ["sheet1", "sharedStrings", "workbook", "workbook.xml.rels"])
def test_broken_parts(part):
    assert refusal(rezipped(SHARED, **{part: lambda xml: xml[: len(xml) // 2]}))
    assert refusal(rezipped(SHARED, **{part: lambda xml: b"\x00\xff" * 100}))


@pytest.mark.parametrize("number", [b"4", b"-1", b"999999999999999999999", b"x", b""])
def test_a_shared_text_that_does_not_exist(number):
    data = rezipped(SHARED, sheet1=lambda part: part.replace(b"<v>3</v>", b"<v>%s</v>" % number))
    assert outcome(data) is not None


# Anything at all


def outcome(data):
    try:
        return sum(1 for _row in opened(data).rows)
    except SheetError as error:
        return str(error)


@given(st.binary(max_size=300) | st.text().map(str.encode) | st.text(",;\t\"'\r\n\0a甲").map(str.encode))
def test_any_bytes_are_read_or_refused(data):
    assert outcome(data) is not None


@settings(max_examples=150)
@given(st.data())
def test_any_damage_to_an_xlsx_is_read_or_refused(data):
    broken = bytearray(SMALL)
    for _time in range(data.draw(st.integers(1, 4))):
        broken[data.draw(st.integers(4, len(SMALL) - 1))] = data.draw(st.integers(0, 255))
    assert outcome(bytes(broken)) is not None
    assert outcome(SMALL[: data.draw(st.integers(1, len(SMALL)))]) is not None


@settings(max_examples=100)
@given(st.data())
def test_any_change_inside_a_part_is_read_or_refused(data):
    def damaged(xml):
        at = data.draw(st.integers(0, len(xml) - 1))
        return (
            xml[:at]
            + data.draw(st.binary(max_size=4) | st.sampled_from([b"9", b'"', b"<", b"&", b"99999999"]))
            + xml[at + 1 :]
        )

    part = data.draw(
        st.sampled_from(
            ["sheet1", "sharedStrings", "styles", "workbook", "workbook.xml.rels", "[Content_Types]"]
        )
    )
    assert outcome(rezipped(SHARED, **{part: damaged})) is not None
