"""A mother with an old phone: from the home page to the locked form, and a grandmother who scans the slip."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest

sync_api = pytest.importorskip("playwright.sync_api")
expect = sync_api.expect
pytestmark = [pytest.mark.browser, pytest.mark.slow]

CHILD = "林小满"


def fits(page: Any) -> bool:
    """Nothing has to be pushed sideways."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= 390"))


def test_from_the_home_page_to_the_slip(visit: Callable[..., Any], axe: Callable[[Any], list[str]]):
    page = visit("guardian", width=390, size="large")
    seen: list[str] = []

    def on(heading: str) -> None:
        """Stands there, by finger and by voice: each page fits and has no barrier."""
        expect(page.get_by_role("heading", name=heading, exact=True, level=1)).to_be_visible()
        assert fits(page), heading
        assert axe(page) == [], heading
        seen.append(heading)

    page.goto("/enrolment/")
    on("入学报名")
    row = page.locator("section, article, .wt-sheet").filter(has_text=CHILD).last
    row.get_by_role("button", name=re.compile("登记$")).click()

    on("孩子")
    page.get_by_role("button", name="没有错，下一步").click()

    on("户籍")
    page.get_by_label("本市家庭户").check()
    expect(page.get_by_label("户口簿上的地址")).not_to_have_value("")
    page.get_by_role("button", name="保存，下一步").click()
    # The day is asked for where it is missing, and what was filled in is still there.
    expect(page.get_by_text("请填写入户日期，同类孩子要比较它。", exact=True)).to_be_visible()
    expect(page.get_by_label("本市家庭户")).to_be_checked()
    page.get_by_label("孩子的入户日期").fill("2021-03-08")
    page.get_by_label("父亲或母亲").check()
    page.get_by_role("button", name="保存，下一步").click()

    # The phone rings; tomorrow it goes on where it was.
    on("住房")
    page.goto("/enrolment/")
    page.get_by_role("link", name="继续登记").click()
    on("住房")
    page.get_by_label("自己家的房子（有产证）").check()
    page.get_by_role("button", name="保存，下一步").click()

    on("证件")
    page.get_by_label("不动产权证号").fill("沪房地徐字第 028 号")
    page.get_by_label("产证登记日期").fill("2018-06-01")
    page.get_by_label("父亲或母亲").check()
    page.get_by_role("button", name="保存，下一步").click()

    on("核对")
    page.get_by_role("button", name="内容属实，确认").click()

    on(CHILD)
    expect(page.get_by_text("信息登记已确认并锁定。")).to_be_visible()
    expect(page.get_by_text("报名开始后，选择公办或民办。")).to_be_visible()
    page.get_by_role("link", name="报名回执：不登录也能查结果的二维码").click()
    on("报名回执")
    slip = page.locator('a[href*="/enrolment/r/"]').get_attribute("href")
    assert seen == ["入学报名", "孩子", "户籍", "住房", "住房", "证件", "核对", CHILD, "报名回执"]

    grandmother = visit(width=390, size="large")
    grandmother.goto(urlsplit(slip).path)
    expect(grandmother.get_by_role("heading", name="入学报名结果")).to_be_visible()
    expect(grandmother.get_by_text("信息登记已确认并锁定。")).to_be_visible()
    assert CHILD not in grandmother.content()
    assert fits(grandmother)
    assert axe(grandmother) == []
