"""A sheet from the page, told about in the language of who brought it."""

import csv

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from wutong.kernel.jobs.queue import run_due

pytestmark = pytest.mark.django_db(databases="__all__")
SHEET = "姓名,性别,出生日期,单位,身份,开始日期\n王小明,不知道,2014-03-05,高安路第一小学,学生,2026-09-01\n"


@pytest.mark.parametrize(
    ("language", "header", "sentence", "verdict"),
    [
        ("zh-hans", "行,列,值,规则,问题,怎样改,是否退回", "没有“不知道”这个选项。", "退回"),
        (
            "en",
            "Row,Column,Value,Rule,Problem,How to mend it,Returned or taken",
            'There is no option "不知道".',
            "Returned",
        ),
    ],
)
def test_problems_are_told_in_the_language_of_who_brought_the_sheet(
    client, small_town, django_capture_on_commit_callbacks, language, header, sentence, verdict
):
    client.force_login(small_town.account("clerk"))
    client.cookies["django_language"] = language
    with django_capture_on_commit_callbacks(execute=True):
        sheet = SimpleUploadedFile("sheet.csv", SHEET.encode())
        page = client.post("/registers/persons/import/", {"sheet": sheet})["Location"]
    run_due()
    client.cookies["django_language"] = (
        "zh-hans"  # whoever opens it later, it stays one sheet in one language
    )
    told = b"".join(client.get(f"{page}errors.csv")).decode("utf-8-sig")
    titles, (row, _column, value, _rule, problem, _mend, returned) = csv.reader(told.splitlines())
    assert (",".join(titles), row, value, problem, returned) == (header, "2", "不知道", sentence, verdict)
