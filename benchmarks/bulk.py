"""The sheet, the register and the bare code that `benchmarks.city` compares: run as processes of their own."""

import csv
import io
import json
import os
import pickle
import resource
import sys
import time
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
HEADER = (
    "name",
    "sex",
    "born",
    "ethnic_group",
    "phone",
    "address",
    "identity",
    "pupil_national",
    "pupil_shanghai_secondary",
    "grade",
    "number",
    "school_year",
    "entered",
    "role",
    "valid_from",
    "boarding",
    "bus",
    "height",
    "weight",
    "remark",
)


def write_sheet(path: Path, rows: int) -> None:
    """A believable sheet in which one row of a thousand breaks some rule."""
    n = pl.int_range(rows, eager=True)
    born = pl.select(pl.date(2008, 1, 1) + pl.duration(days=pl.lit(n % 5_000))).to_series()
    first = pl.select(
        pl.format(
            "310{}{}{}",
            pl.lit(100 + n // 5_000 // 900),
            pl.lit(born).dt.strftime("%Y%m%d"),
            pl.lit(100 + n // 5_000 % 900),
        )
    ).to_series()
    digits = [first.cast(pl.Int64) // 10 ** (16 - at) % 10 * weight for at, weight in enumerate(WEIGHTS)]
    check = (sum(digits[1:], digits[0]) % 11).replace_strict(
        list(range(11)), list("10X98765432"), return_dtype=pl.String
    )
    identity = first + check
    wrong = n % 1_000 == 7
    frame = pl.DataFrame(
        {
            "name": pl.Series(["王子涵", "李梓轩", "张雨桐", "陈一诺", "刘浩然", "赵欣怡", "孙宇航"]).gather(
                n % 7
            )
            + pl.Series(list("一二三四五六七八九十")).gather(n // 7 % 10),
            "sex": pl.select(
                pl.when(pl.lit(first).str.slice(16, 1).cast(pl.Int8) % 2 == 1)
                .then(pl.lit("男"))
                .otherwise(pl.lit("女"))
            ).to_series(),
            "born": born.dt.strftime("%Y-%m-%d"),
            "ethnic_group": pl.Series(["汉族", "01", "回族"]).gather(n % 3),
            "phone": "139" + n.cast(pl.String).str.zfill(8),
            "address": "上海市徐汇区天钥桥路" + (n % 1400).cast(pl.String) + "弄3号201室",
            "identity": identity.zip_with(~wrong, first + "Z"),
            "pupil_national": "G" + identity,
            "pupil_shanghai_secondary": "31010412342"
            + (2018 + n % 8).cast(pl.String)
            + (n % 10_000).cast(pl.String).str.zfill(4),
            "grade": pl.Series(["11", "12", "13", "21"]).gather(n % 4),
            "number": (1 + n % 12).cast(pl.String),
            "school_year": pl.Series(["2025", "2026"]).gather(n % 2),
            "entered": (2018 + n % 8).cast(pl.String),
            "role": pl.Series(["学生"]).gather(n * 0),
            "valid_from": pl.Series(["2025-09-01", "2026-09-01"]).gather(n % 2),
            "boarding": pl.Series(["是", "否"]).gather(n % 2),
            "bus": pl.Series(["否", "是"]).gather(n % 2),
            "height": (100 + n % 80).cast(pl.String),
            "weight": (20 + n % 60).cast(pl.String),
            "remark": pl.Series(["", "转入", "随迁"]).gather(n % 3),
        }
    )
    frame.select(HEADER).with_columns(pl.col("remark").replace("", None)).write_csv(path)


def declared() -> Any:
    """Twenty columns and twelve rules, as a module would declare them."""
    from wutong.centres.data.master.bulk import sure_person  # noqa: PLC0415  # after Django's set-up
    from wutong.centres.data.master.entries import check_person  # noqa: PLC0415  # likewise
    from wutong.kernel.people.models import Membership, Person  # noqa: PLC0415  # likewise
    from wutong.kernel.register import kinds as k  # noqa: PLC0415  # likewise
    from wutong.kernel.register.spec import Column, Register  # noqa: PLC0415  # likewise

    found = {
        "name": k.Text(60),
        "sex": k.CodeOf("sex", also=(("男", "1"), ("女", "2"))),
        "born": k.Day(),
        "ethnic_group": k.CodeOf("ethnic_group"),
        "phone": k.Number(20),
        "address": k.Text(200),
        "identity": k.Number(),
        "pupil_national": k.Number(),
        "pupil_shanghai_secondary": k.Number(),
        "grade": k.CodeOf("stage_grade_local"),
        "number": k.Count(1, 60),
        "school_year": k.Count(1990, 2100),
        "entered": k.Count(1980, 2100),
        "role": k.OneOf(tuple(Membership.Role.choices)),
        "valid_from": k.Day(),
        "boarding": k.YesNo(),
        "bus": k.YesNo(),
        "height": k.Count(40, 250),
        "weight": k.Count(5, 200),
        "remark": k.Text(200),
    }
    needed = {"name", "identity", "grade"}
    columns = tuple(Column(name, name, kind, required=name in needed) for name, kind in found.items())
    return Register(
        name="bench",
        title="bench",
        title_one="bench",
        model=Person,
        columns=columns,
        key=("identity",),
        rows=lambda actor: None,
        find=lambda actor, entry: None,
        save=lambda *_a, **_k: None,
        check=check_person,
        sure=sure_person,
    )


def ours(path: Path) -> dict[str, int]:
    set_up()
    from wutong.kernel.policy import SYSTEM  # noqa: PLC0415  # after the set-up
    from wutong.kernel.register.bulk import BulkImporter  # noqa: PLC0415  # likewise
    from wutong.kernel.sheet.delimited import GENEROUS  # noqa: PLC0415  # likewise

    told: list[Any] = []
    with path.open("rb") as file:
        options = {"filename": path.name, "tell": told.append, "at": None, "limits": GENEROUS}
        importer = BulkImporter(SYSTEM, declared(), file, **options)
        for _lines, troubles in importer.judged():
            for trouble in troubles:
                importer.tell(trouble)
    path.with_suffix(".errors").write_text(
        "\n".join(f"{t.row} {t.column} {t.rule} {t.message}" for t in told[:10_000])
    )
    return {"rows": importer.report.counts["rows"], "rejected": importer.report.counts["rejected"]}


def bare(path: Path) -> dict[str, int]:
    """The same twelve rules by hand, each as an expression; the rows that break one, the first 10,000 written."""
    c, today = pl.col, date.today()
    provinces = [
        *range(11, 16),
        *range(21, 24),
        *range(31, 38),
        *range(41, 47),
        *range(50, 55),
        *range(61, 66),
    ]

    def identity(cell: pl.Expr) -> pl.Expr:
        number = cell.str.slice(0, 17).cast(pl.Int64, strict=False)
        digits = [number // 10 ** (16 - at) % 10 * weight for at, weight in enumerate(WEIGHTS)]
        last = cell.str.slice(17, 1).cast(pl.Int64, strict=False).fill_null(10)
        birth = cell.str.slice(6, 8).str.to_date("%Y%m%d", strict=False)
        place = cell.str.slice(0, 2).cast(pl.Int64, strict=False)
        right = (sum(digits[1:], digits[0]) + last) % 11 == 1
        return right & birth.is_between(date(1900, 1, 1), today) & place.is_in([*provinces, 71, 81, 82, 83])

    born = c("born").str.to_date("%Y-%m-%d", strict=False)
    code = c("sex").replace_strict({"男": 1, "女": 0}, default=None, return_dtype=pl.Int8)
    ethnic, grades = (
        ["01", "02", "03", "汉族", "蒙古族", "回族"],
        ["11", "12", "13", "14", "15", "21", "22", "23", "24"],
    )
    rules = {
        "required": c("name").is_null() | c("identity").is_null() | c("grade").is_null(),
        "length": (c("name").str.len_chars() > 60)
        | (c("address").str.len_chars() > 200)
        | (c("remark").fill_null("").str.len_chars() > 200),
        "characters": ~c("identity").str.contains("^[0-9]{17}[0-9X]$"),
        "check_digit": ~identity(c("identity")),
        "born": born.is_null() | (born != c("identity").str.slice(6, 8).str.to_date("%Y%m%d", strict=False)),
        "sex": code.is_null() | (code != c("identity").str.slice(16, 1).cast(pl.Int8, strict=False) % 2),
        "codes": ~c("ethnic_group").is_in(ethnic)
        | ~c("grade").is_in(grades)
        | ~c("role").is_in(["学生", "教师"]),
        "yes_or_no": ~c("boarding").is_in(["是", "否"]) | ~c("bus").is_in(["是", "否"]),
        "ranges": pl.any_horizontal(
            ~c(name).cast(pl.Int64, strict=False).is_between(low, high)
            for name, low, high in (
                ("number", 1, 60),
                ("school_year", 1990, 2100),
                ("entered", 1980, 2100),
                ("height", 40, 250),
                ("weight", 5, 200),
            )
        ),
        "numbers": ~c("phone").str.contains("^[0-9]+$")
        | ~(
            c("pupil_national").str.contains("^[GJ][0-9]{17}[0-9X]$")
            & identity(c("pupil_national").str.slice(1))
        )
        | ~c("pupil_shanghai_secondary").str.contains("^310[0-9]{7}[1-4][0-9]{8}$")
        | ~c("pupil_shanghai_secondary")
        .str.slice(11, 4)
        .cast(pl.Int64, strict=False)
        .is_between(1990, today.year + 1),
        "day": c("valid_from").str.to_date("%Y-%m-%d", strict=False).is_null(),
        "unique": c("identity").is_duplicated(),
    }
    frame = pl.read_csv(path, infer_schema=False).with_row_index("row", 2)
    found = frame.select(
        "row", *(expression.fill_null(True).alias(name) for name, expression in rules.items())
    )
    wrong = found.filter(pl.any_horizontal(list(rules)))
    wrong.head(10_000).write_csv(path.with_suffix(".bare"))
    return {"rows": frame.height, "rejected": wrong.height}


PUPIL = (*HEADER[:9], "organisation", "role", "valid_from")
LETTERS = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡林郭何高罗郑梁谢宋唐许邓冯韩",
    "子雨梓浩欣思嘉俊诗一宇晨佳文天明晓瑞安若可乐清",
    "涵轩桐诺然怡航萱妍博睿琪宁悦彤阳熙哲楠瑶辰菲尧恒琳昊禾润希凡越",
)
TABLES = ("people_person", "people_identifier", "people_membership")


def write_pupils(path: Path, rows: int) -> None:
    """Pupils without faults, school by school, with names and numbers of their own."""
    set_up()
    from wutong.kernel.people.models import Organisation  # noqa: PLC0415  # after the set-up

    schools = Organisation.objects.unscoped("a benchmark").filter(kind="school").order_by("pk")
    write_sheet(path, rows)
    sheet = pl.read_csv(path, infer_schema=False).with_row_index("n").filter(pl.col("n") % 1_000 != 7)
    n = pl.col("n").cast(pl.Int64)
    ten_thousands, rest = (n // 10_000).cast(pl.String), (n % 10_000).cast(pl.String)
    secondary = pl.format("310{}2{}{}", ten_thousands.str.zfill(7), 2018 + n % 8, rest.str.zfill(4))
    names = list(schools.values_list("name", flat=True))
    places = pl.lit(pl.Series(names)).gather(n * len(names) // rows)
    family, first, second = (pl.Series(list(letters)) for letters in LETTERS)
    called = (
        pl.lit(family).gather(n % 29)
        + pl.lit(first).gather(n // 29 % 23)
        + pl.lit(second).gather(n // 667 % 31)
    )
    own = (called.alias("name"), secondary.alias("pupil_shanghai_secondary"), places.alias("organisation"))
    sheet.with_columns(own).select(PUPIL).write_csv(path)


def load(path: Path) -> dict[str, Any]:
    """The sheet into the register of persons, as `wutong import` does it: seconds of the work, without the start."""
    set_up()
    from django.utils import timezone  # noqa: PLC0415  # after the set-up

    from wutong.kernel.module import REGISTRY  # noqa: PLC0415  # likewise
    from wutong.kernel.policy import SYSTEM  # noqa: PLC0415  # likewise
    from wutong.kernel.register.importing import importer_of  # noqa: PLC0415  # likewise

    began, troubles = time.process_time(), []
    with path.open("rb") as file:
        options = {"filename": path.name, "tell": troubles.append, "at": timezone.now()}
        report = importer_of(SYSTEM, REGISTRY.register("persons"), file, **options).load()
    assert report.clean, troubles[0]
    return {"seconds": time.process_time() - began, "rows": report.counts["created"]}


def keep(path: Path) -> None:
    """The rows of the tables, as a script has them in memory before it writes them."""
    with _cursor() as cursor, path.open("wb") as file:
        for table in TABLES:
            cursor.execute(f"SELECT * FROM {table}")  # a name from above
            pickle.dump([tuple(map(_plain, row)) for row in cursor.fetchall()], file)


def put(path: Path) -> dict[str, Any]:
    """The rows that are not there yet into the same tables with the same indexes: by hand, in one transaction."""
    wanted: dict[str, list[Any]] = {}
    with path.open("rb") as file, _cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"SELECT coalesce(max(id), 0) FROM {table}")  # a name from above
            last = cursor.fetchone()[0]
            wanted[table] = [row for row in pickle.load(file) if row[0] > last]  # written by `keep`
    ready = {table: _as_text(rows) for table, rows in wanted.items()} if _on_postgresql() else wanted
    began = time.process_time()
    _written(ready)
    return {"seconds": time.process_time() - began, "rows": len(wanted[TABLES[0]])}


def _written(tables: dict[str, Any]) -> None:
    from django.db import connection, transaction  # noqa: PLC0415  # after the set-up

    with transaction.atomic(), connection.cursor() as cursor:
        for table, rows in tables.items():
            if _on_postgresql():
                with cursor.copy(f"COPY {table} FROM STDIN (FORMAT csv, NULL '\\N')") as copy:
                    copy.write(rows)
            else:  # the driver itself, without Django's look at each row
                marks = ", ".join(["?"] * len(rows[0]))
                connection.connection.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)  # likewise


def _cursor() -> Any:
    set_up()
    from django.db import connection  # noqa: PLC0415  # after the set-up

    return connection.cursor()


def _on_postgresql() -> bool:
    return os.environ.get("WUTONG_DATABASE", "sqlite") != "sqlite"


def _plain(value: Any) -> Any:
    return bytes(value) if isinstance(value, memoryview) else value


def _as_text(rows: list[Any]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(map(_cell, row) for row in rows)
    return text.getvalue().encode()


def _cell(value: Any) -> Any:
    return "\\N" if value is None else f"\\x{value.hex()}" if isinstance(value, bytes) else value


def set_up() -> None:
    import django  # noqa: PLC0415  # the bare script must not pay for it

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wutong.config.settings")
    django.setup()


if __name__ == "__main__":
    what, name, *more = sys.argv[1:]
    answer = {
        "write": lambda: write_sheet(Path(name), int(more[0])),
        "ours": lambda: ours(Path(name)),
        "bare": lambda: bare(Path(name)),
        "pupils": lambda: write_pupils(Path(name), int(more[0])),
        "load": lambda: load(Path(name)),
        "keep": lambda: keep(Path(name)),
        "put": lambda: put(Path(name)),
    }[what]()
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(
        json.dumps({"answer": answer, "cpu": used.ru_utime + used.ru_stime, "peak_mb": used.ru_maxrss / 1024})
    )
