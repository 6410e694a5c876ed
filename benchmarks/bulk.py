"""The sheet, the register and the bare code that `benchmarks.city` compares: run as processes of their own."""

import json
import os
import resource
import sys
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
    import django  # noqa: PLC0415  # the bare script must not pay for it

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wutong.config.settings")
    django.setup()
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
    c = pl.col
    digits = [
        c("identity").str.slice(0, 17).cast(pl.Int64, strict=False) // 10 ** (16 - at) % 10 * w
        for at, w in enumerate(WEIGHTS)
    ]
    last = c("identity").str.slice(17, 1).cast(pl.Int64, strict=False).fill_null(10)
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
        "check_digit": (sum(digits[1:], digits[0]) + last) % 11 != 1,
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
        | ~c("pupil_national").str.contains("^[GJL][0-9]{17}[0-9X]$")
        | ~c("pupil_shanghai_secondary").str.contains("^310[0-9]{16}$"),
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


if __name__ == "__main__":
    what, name, *more = sys.argv[1:]
    answer = {
        "write": lambda: write_sheet(Path(name), int(more[0])),
        "ours": lambda: ours(Path(name)),
        "bare": lambda: bare(Path(name)),
    }[what]()
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(
        json.dumps({"answer": answer, "cpu": used.ru_utime + used.ru_stime, "peak_mb": used.ru_maxrss / 1024})
    )
