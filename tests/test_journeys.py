"""What people do here, in a real browser against the real server."""

import csv
import io
import json
import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.conftest import sign_in
from tools.town import Town

sync_api = pytest.importorskip("playwright.sync_api")
expect = sync_api.expect
pytestmark = pytest.mark.browser

Visit = Callable[..., Any]
PERSONAL = ["首页", "待办", "通知", "我的学习"]
EVERYBODY = [*PERSONAL, "已授权的应用", "数据标准"]
FAMILY = ["首页", "入学报名", *EVERYBODY[1:]]
RECORDS = ["学习记录接入", "学习记录保留期限", "学习记录浏览"]
REGISTERS = ["学校与机构", "人员", "班级", "任职与就读", "监护关系", "招生计划", "对口地段", "新生名册"]
OVERSIGHT = [*PERSONAL, "指标", "已授权的应用", "数据标准", "应用"]
OFFICE = [*OVERSIGHT, *RECORDS, "流程管理", "入学报名", *REGISTERS]
SCHOOL = [*PERSONAL, "指标", "激活卡", "已授权的应用", "数据标准", "应用", *RECORDS, "入学报名", *REGISTERS]
TEACHER = [*PERSONAL, "激活卡", "已授权的应用", "数据标准", "人员", "班级", "监护关系"]
LISTS = {
    "学校与机构": "/registers/organisations/",
    "人员": "/registers/persons/",
    "班级": "/registers/classes/",
    "任职与就读": "/registers/memberships/",
    "监护关系": "/registers/guardianships/",
}
ROLES = {
    "city": ("上海市教育委员会 · 教育行政人员", OFFICE, "需要我办理"),
    "district": ("徐汇区教育局 · 教育行政人员", OFFICE, "需要我办理"),
    "school": ("· 学校管理员", SCHOOL, "需要我办理"),
    "teacher": ("· 教师", TEACHER, "需要我办理"),
    "pupil": ("", EVERYBODY, "我的班级"),
    "guardian": ("", FAMILY, "我的办件"),
    "citizen": ("欢迎来到梧桐", FAMILY, "我的办件"),
    "provider": ("· 服务商人员", [*EVERYBODY, "应用"], "需要我办理"),
    "auditor": (
        "上海市教育委员会 · 审计员",
        [*OVERSIGHT, RECORDS[1], "流程管理", "入学报名", *REGISTERS],
        "需要我办理",
    ),
    "operator": ("· 运维人员", [*EVERYBODY, "应用", RECORDS[0]], "需要我办理"),
}
# A head has no demo account; a journey over all desks needs one.
HEAD = """
import django; django.setup()
from wutong.centres.identity.accounts import api
from wutong.kernel.people.models import Membership, Person
clerk = api.demo_people()["school"]
posts = Membership.objects.unscoped("for a test").filter(valid_to=None)
school = posts.get(person=clerk, role="clerk").organisation
api.open_account(posts.get(organisation=school, role="head").person, username="head", password={password!r}, demo=True)
"""


def in_the_house(town: Town, script: str) -> None:
    """Runs a few lines in the data folder that is being served."""
    environment = os.environ | {
        "WUTONG_DATA": str(town.data),
        "DJANGO_SETTINGS_MODULE": "wutong.config.settings",
    }
    subprocess.run([sys.executable, "-c", script], env=environment, check=True, timeout=60)


def journal(town: Town, action: str) -> list[tuple[str, Any]]:
    """Who did this and what the journal keeps of it, oldest first."""
    with closing(sqlite3.connect(f"file:{town.data}/wutong.sqlite3?mode=ro", uri=True)) as database:
        rows = database.execute(
            "select actor_name, changes from audit_auditentry where action = ? order by sequence", [action]
        )
        return [(name, json.loads(changes)) for name, changes in rows]


def path(page: Any) -> str:
    return urlsplit(page.url).path


def names(page: Any) -> list[str]:
    return [
        text.strip() for text in page.locator(".wt-nav, .wt-warm-nav").first.locator("a").all_inner_texts()
    ]


def go(page: Any, name: str) -> None:
    page.get_by_role("main").get_by_role("link", name=name).first.click()


def press(page: Any, name: str) -> None:
    page.get_by_role("main").get_by_role("button", name=name, exact=True).first.click()


@pytest.mark.parametrize("login", ROLES)
def test_each_role_finds_its_own_home(visit: Visit, login: str):
    words, entries, part = ROLES[login]
    page = visit(login)
    assert page.goto("/").status == 200
    expect(page.locator("main .wt-lead")).to_contain_text(words)
    expect(page.get_by_role("heading", name=part, exact=True)).to_be_visible()
    assert names(page) == entries
    answers = {name: page.goto(address).status for name, address in LISTS.items()}
    assert answers == {name: 200 if name in entries else 404 for name in LISTS}


def test_every_entry_of_the_navigation_opens(visit: Visit):
    page = visit("city")
    page.goto("/")
    for name in names(page):
        page.locator(".wt-nav").first.get_by_role("link", name=name, exact=True).click()
        expect(page.locator(".wt-nav").first.locator("[aria-current=page]")).to_contain_text(name)
        expect(page.locator("main h1")).to_be_visible()


def test_signing_in_and_out(visit: Visit, demo_password: str):
    page = visit()
    page.goto("/notices/")
    assert path(page) == "/accounts/login/"
    page.fill("[name=login]", "citizen")
    page.fill("[name=password]", demo_password)
    press(page, "登录")
    expect(page.locator("main h1")).to_have_text("通知")
    page.locator(".wt-bar summary", has_text="我的账号").click()
    page.get_by_role("button", name="退出登录").click()
    page.wait_for_url("**/accounts/login/")
    page.goto("/notices/")
    assert path(page) == "/accounts/login/"


def test_a_wrong_password_is_told_and_guessing_is_stopped(visit: Visit, demo_password: str):
    page = visit()
    for _attempt in range(5):
        sign_in(page, "operator-guessed", "not-the-password")
        expect(page.get_by_role("alert")).to_contain_text("账号或密码不对")
    sign_in(page, "operator-guessed", "not-the-password")
    expect(page.get_by_role("alert")).to_contain_text("尝试次数过多，请 5 分钟后再试。")
    sign_in(page, "citizen", demo_password)
    expect(page.locator("main h1")).to_contain_text("宋雨薇")


HEADER = "姓名,性别,出生年月日,手机号,身份证件号,单位,身份,开始日期\n"
PLACE = "上海市第二初级中学/六年级1班,学生,2026-09-01\n"
SHEET = (
    HEADER
    + f"测试甲,男性,2014-03-05,13800138001,,{PLACE}"
    + f"测试乙,女性,2013-13-40,13800138002,,{PLACE}"
    + f"测试丙,外星人,2014-05-06,13800138003,,{PLACE}"
    + f",男性,2014-05-07,13800138004,,{PLACE}"
    + f"测试丁,女性,2014/5/8,13800138005,310104201405080011,{PLACE}"
    + f"测试戊,女性,2014-05-09,13800138006,,{PLACE}"
    + "测试己,女性,2014-05-09,13800138007,,上海市没有这所学校,学生,2026-09-01\n"
)


def upload(page: Any, name: str, text: str) -> None:
    """Chooses the sheet and waits until it has been looked through."""
    page.goto("/registers/persons/")
    go(page, "导入表格")
    page.set_input_files("input[type=file]", {"name": name, "mimeType": "text/csv", "buffer": text.encode()})
    press(page, "上传并检查")
    expect(page.locator("main h1")).to_have_text(name)
    expect(page.locator("[data-wt-done]")).to_be_visible(timeout=30_000)


def counts(page: Any) -> dict[str, str]:
    found = page.locator("#progress .wt-stat")
    return dict(
        zip(
            found.locator(".wt-stat-label").all_inner_texts(),
            found.locator("b").all_inner_texts(),
            strict=True,
        )
    )


def confirm(page: Any) -> None:
    press(page, "确认导入")
    expect(page.get_by_text("导入完成")).to_be_visible(timeout=30_000)


def test_a_sheet_with_errors_is_checked_mended_and_loaded(visit: Visit):
    page = visit("school")
    upload(page, "名单.csv", SHEET)
    assert counts(page) == {"行数": "7", "将新增": "2", "将更新": "0", "没有变化": "0", "退回": "5"}
    problems = page.get_by_role("table", name="需要处理的问题").locator("tbody tr")
    refused = {row.split("\t")[0].strip() for row in problems.all_inner_texts() if "退回" in row}
    assert refused == {"3", "4", "5", "6", "8"}
    with page.expect_download() as download:
        page.get_by_role("link", name="下载问题清单").click()
    lines = list(csv.DictReader(io.StringIO(Path(download.value.path()).read_text("utf-8-sig"))))
    assert {line["行"] for line in lines if line["是否退回"] == "退回"} == refused
    assert [line["行"] for line in lines if not line["怎样改"]] == []
    confirm(page)
    go(page, "去看人员")
    page.fill("input[name=q] >> nth=-1", "测试")
    press(page, "筛选")
    expect(page.locator("#table tbody th")).to_have_text(["测试戊", "测试甲"])


def test_the_same_sheet_a_second_time_changes_nothing(visit: Visit):
    people = (f"复查甲,男性,2014-03-05,13800138011,,{PLACE}", f"复查乙,女性,2014-03-06,13800138012,,{PLACE}")
    sheet = HEADER + "".join(people)
    page = visit("school")
    upload(page, "复查.csv", sheet)
    confirm(page)
    assert counts(page) == {"行数": "2", "已新增": "2", "已更新": "0", "没有变化": "0", "退回": "0"}
    upload(page, "复查.csv", sheet)
    assert counts(page) == {"行数": "2", "将新增": "0", "将更新": "0", "没有变化": "2", "退回": "0"}
    confirm(page)
    assert counts(page) == {"行数": "2", "已新增": "0", "已更新": "0", "没有变化": "2", "退回": "0"}


def test_a_file_that_is_no_sheet_is_refused_in_a_sentence(visit: Visit):
    page = visit("school")
    page.goto("/registers/persons/import/")
    picture = {"name": "照片.csv", "mimeType": "text/csv", "buffer": b"\x89PNG\r\n\x1a\n" + bytes(range(256))}
    page.set_input_files("input[type=file]", picture)
    press(page, "上传并检查")
    expect(page.get_by_role("alert")).to_be_visible(timeout=30_000)


def take(page: Any, number: str, step: str, comment: str = "") -> None:
    """One step on the page of the case, with what is said."""
    page.goto(f"/inbox/{number}/")
    go(page, step)
    page.fill("textarea", comment)
    press(page, step)
    expect(page.get_by_role("heading", name="经过")).to_be_visible()


def test_a_change_goes_from_school_to_city_and_takes_effect(visit: Visit, town: Town, demo_password: str):
    in_the_house(town, HEAD.format(password=demo_password))
    address = "永嘉路388号（南门）"
    school = visit("school")
    school.goto("/inbox/")
    school.locator(".wt-todo-title").first.click()
    number = path(school).split("/")[2]
    go(school, "修改申请")
    school.fill("[name=address]", address)
    school.fill("[name=reason]", "南门改为主要出入口。")
    press(school, "保存草稿")
    expect(school.locator(".wt-diff")).to_contain_text(address)
    take(school, number, "提交校长确认")
    take(visit("head"), number, "确认并报区", "属实")
    assert school.goto(f"/inbox/{number}/agree/").status == 404
    take(visit("district"), number, "同意并报市", "材料齐全")
    city = visit("city")
    take(city, number, "备案并生效")
    expect(city.locator("main .wt-status").first).to_have_text("已生效")
    school.goto("/registers/organisations/?q=第二初级")
    expect(school.locator("#table tbody tr")).to_contain_text([address])
    notice = school.get_by_role("link", name="到了“已生效”")
    sync_until(school, "/notices/", notice)
    notice.first.click()
    go(school, "打开相关页面")
    assert path(school) == f"/inbox/{number}/"
    expect(school.locator(".wt-timeline")).to_be_visible()  # the address changes before the page is there
    steps = school.locator(".wt-timeline b").all_inner_texts()
    assert steps[:4] == ["备案并生效", "同意并报市", "确认并报区", "提交校长确认"]


def sync_until(page: Any, address: str, wanted: Any) -> None:
    """Announcements are delivered in the background: looks again until it has come."""
    for _look in range(40):
        page.goto(address)
        if wanted.count():
            return
        page.wait_for_timeout(250)
    raise AssertionError(f"it never came to {address}")


def test_a_step_without_the_reason_it_needs_is_held_back(visit: Visit):
    page = visit("district")
    page.goto("/inbox/")
    page.locator(".wt-todo-title", has_text="学校信息变更").last.click()
    number = path(page).split("/")[2]
    go(page, "退回修改")
    press(page, "退回修改")
    expect(page.get_by_role("alert")).to_contain_text("请写明理由，对方会看到。")
    page.goto(f"/inbox/{number}/")
    expect(page.locator("main .wt-status").first).to_have_text("区级审核")


def test_a_case_is_handed_to_a_colleague(visit: Visit):
    page = visit("district")
    page.goto("/inbox/")
    before = page.locator(".wt-todo-title").count()
    page.locator(".wt-todo-title").last.click()
    number = path(page).split("/")[2]
    go(page, "转交")
    colleague = page.locator("[name=person] option").nth(1).inner_text()
    page.select_option("[name=person]", label=colleague)
    press(page, "转交")
    expect(page.locator("main h1")).to_have_text("待办")
    assert page.locator(".wt-todo-title").count() == before - 1
    page.goto(f"/inbox/{number}/")
    expect(page.locator("main")).to_contain_text(f"已转交{colleague}")


def test_the_language_changes_and_changes_back(visit: Visit):
    page = visit("teacher")
    page.goto("/inbox/")
    page.locator(".wt-bar").get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    assert path(page) == "/inbox/"
    page.goto("/")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.locator(".wt-bar").get_by_role("button", name="中文").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-hans")


def test_large_type_high_contrast_and_dark_stay(visit: Visit):
    page = visit("guardian")
    page.goto("/")
    size = "parseFloat(getComputedStyle(document.querySelector('main p, main h1')).fontSize)"
    paper = "getComputedStyle(document.body).backgroundColor"
    ordinary = page.evaluate(size), page.evaluate(paper)
    for choice in ("大字版", "高对比", "夜间"):
        page.locator(".wt-bar summary", has_text="显示").click()
        page.locator(".wt-bar").get_by_role("button", name=choice).click()
        page.wait_for_load_state()
    for address in ("/", "/notices/", "/standards/"):
        page.goto(address)
        chosen = page.evaluate("({...document.documentElement.dataset})")
        assert chosen == {"size": "large", "contrast": "high", "theme": "dark"}
    page.goto("/")
    assert page.evaluate(size) > ordinary[0]
    assert page.evaluate(paper) != ordinary[1]


@pytest.mark.parametrize("query", ["林一诺", "linyinuo", "lyn"])
def test_search_by_characters_pinyin_and_initials(visit: Visit, query: str):
    page = visit("school")
    page.goto("/")
    page.locator(".wt-find input").fill(query)
    page.keyboard.press("Enter")
    expect(page.locator("#hits").get_by_role("link", name="林一诺", exact=True).first).to_be_visible()
    stranger = visit("citizen")
    stranger.goto(f"/search/?q={query}")
    expect(stranger.locator("#hits")).to_contain_text("没有找到")


def test_a_guardian_sees_the_own_child_and_nobody_elses(visit: Visit):
    school = visit("school")
    school.goto("/registers/persons/?q=丁")
    other = school.locator("#table tbody a").first.get_attribute("href")
    page = visit("guardian")
    page.goto("/")
    page.locator(".wt-learner-more").last.click()
    expect(page.locator("main h1")).to_have_text("林一诺")
    expect(page.get_by_role("heading", name="基本信息")).to_be_visible()
    assert page.get_by_role("link", name="修改").count() == 0
    assert page.goto(other).status == 404


def test_a_full_number_asks_what_for_and_is_journalled(visit: Visit, town: Town):
    page = visit("school")
    page.goto("/registers/persons/?q=林一诺")
    page.locator("#table tbody a").first.click()
    masked = page.locator(".wt-aside").inner_text()
    before = len(journal(town, "people.reveal_identifier"))
    go(page, "查看完整号码")
    press(page, "查看")
    expect(page.get_by_role("alert")).to_be_visible()
    assert len(journal(town, "people.reveal_identifier")) == before
    page.fill("[name=purpose]", "办理转学")
    press(page, "查看")
    number = page.locator(".wt-big").inner_text()
    assert "*" not in number
    assert number not in masked
    entries = journal(town, "people.reveal_identifier")
    assert len(entries) == before + 1
    assert entries[-1][0] == "顾晓岚"
    assert "办理转学" in json.dumps(entries[-1][1], ensure_ascii=False)
    assert number not in json.dumps(entries[-1][1])


def test_a_citizen_shows_others_a_part_of_what_they_learned(visit: Visit, axe: Callable[[Any], list[str]]):
    page = visit("citizen")
    page.goto("/")
    go(page, "我的学习")
    go(page, "《家庭急救》")
    press(page, "隐藏这条记录")
    expect(page.get_by_role("main")).to_contain_text("有 1 条记录已隐藏")
    with page.expect_download() as taken:
        press(page, "全部带走")
    record = json.loads(Path(taken.value.path()).read_text(encoding="utf-8"))
    assert "家庭急救" in {each["object"]["definition"]["name"]["zh-CN"] for each in record}
    go(page, "分享")
    page.fill("[name=shown_as]", "宋阿姨")
    press(page, "生成链接")
    stranger = visit(width=390)
    stranger.goto(page.locator(".wt-copy code").first.inner_text())
    assert axe(stranger) == []
    press(stranger, "打开看看")
    expect(stranger.locator("h1")).to_have_text("宋阿姨的学习经历")
    expect(stranger.get_by_role("main")).to_contain_text("《心肺复苏》")
    shown = stranger.get_by_role("main").inner_text()
    assert "完成了《社区合唱》" in shown and "完成了《家庭急救》" not in shown and "宋雨薇" not in shown
    assert axe(stranger) == []
    assert stranger.evaluate("document.documentElement.scrollWidth") == 390
    press(page, "停止分享")
    assert stranger.goto(stranger.url).status == 404


def test_a_notice_is_written_and_read(visit: Visit):
    page = visit("school")
    page.goto("/notices/")
    go(page, "发布通知")
    page.fill("[name=title]", "食堂开放日")
    page.fill("[name=body]", "周三中午请来尝一尝。")
    page.select_option("[name=audience]", index=1)
    page.get_by_label("学生的监护人").check()
    press(page, "下一步：看看发给多少人")
    expect(page.locator("main")).to_contain_text(re.compile(r"目前共 \d+ 人"))
    press(page, "发布")
    expect(page.locator("main h1")).to_have_text("食堂开放日")
    reader = visit("guardian")
    sync_until(reader, "/notices/", reader.get_by_role("link", name="食堂开放日"))
    go(reader, "食堂开放日")
    expect(reader.locator("main")).to_contain_text("周三中午请来尝一尝。")
    expect(reader.get_by_text("已读")).to_be_visible()
    page.goto(urlsplit(page.url).path + "readers/")
    expect(page.locator(".wt-stat", has_text="已读").locator("b")).to_have_text("1")
