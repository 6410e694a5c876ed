"""What the gallery shows: every component with data as it looks at work. Also the example that module authors copy."""

from dataclasses import dataclass
from typing import Any

from django import forms

from wutong.kernel.ui.icons import ICONS


class SampleForm(forms.Form):
    name = forms.CharField(label="学校全称", help_text="与办学许可证上的名称一致。", max_length=60)
    kind = forms.ChoiceField(
        label="学段", choices=[("", "请选择"), ("p", "小学"), ("m", "初中"), ("h", "高中")]
    )
    holder = forms.ChoiceField(
        label="举办", choices=[("g", "公办"), ("m", "民办"), ("z", "中外合作")], widget=forms.RadioSelect
    )
    seats = forms.IntegerField(
        label="一年级班额", min_value=1, required=False, help_text="每班人数，小学不超过 45。"
    )
    proof = forms.FileField(label="校舍使用证明", required=False)
    agree = forms.BooleanField(label="以上内容已由校长确认")


@dataclass(frozen=True, slots=True)
class SamplePage:
    first: int
    last: int
    total: int
    previous_url: str = ""
    next_url: str = ""


DISTRICT_SHARES = (
    ("崇明", 86, 2),
    ("宝山", 88, 3),
    ("嘉定", 91, 4),
    ("普陀", 89, 3),
    ("静安", 93, 5),
    ("虹口", 90, 4),
    ("杨浦", 92, 4),
    ("青浦", 84, 2),
    ("长宁", 91, 4),
    ("徐汇", 90, 4),
    ("黄浦", 94, 5),
    ("浦东", 87, 3),
    ("松江", 85, 2),
    ("闵行", 88, 3),
    ("奉贤", 83, 1),
    ("金山", 82, 1),
)

SCHOOLS = (
    ("上海市徐汇区高安路第一小学", "小学", "公办", "康平路 99 号", 1212, 99, "变更中", "warn"),
    ("上海市徐汇区向阳小学", "小学", "公办", "襄阳南路 388 弄 15 号", 1104, 98, "在用", "ok"),
    ("上海市徐汇区汇师小学", "小学", "公办", "文定路 180 号", 1540, 71, "缺坐标", "late"),
    ("上海市位育中学", "高中", "公办", "位育路 1 号", 1320, 99, "在用", "ok"),
    ("上海市世外小学", "小学", "民办", "桂平路 367 号", 1486, 96, "待年检", "info"),
)

TODO = (
    {
        "title": "学校信息变更 · 上海市徐汇区高安路第一小学",
        "href": "#",
        "text": "新增“华展路校区”地址与班额 · BG-2026-0412",
        "due": "今天 17:00 到期",
        "tone": "late",
    },
    {
        "title": "跨区转学 · 黄浦区 → 徐汇区 · 王同学",
        "href": "#",
        "text": "转入学校已同意，等待区核 · ZX-2026-1187",
        "due": "剩 2 个工作日",
        "tone": "warn",
    },
    {
        "title": "数据共享申请 · 区体质监测中心",
        "href": "#",
        "text": "2025 学年体质健康汇总数据（无个人信息）",
        "due": "4月28日",
        "tone": "ok",
    },
    {
        "title": "优质资源推荐 · 八年级物理《浮力》系列 6 件",
        "href": "#",
        "text": "学校推荐至区级资源库，2 位评审已完成",
        "due": "4月30日",
        "tone": "ok",
    },
)

STEPS = (
    {"title": "学校填报", "state": "done", "note": "4月15日 李老师"},
    {"title": "校长确认", "state": "done", "note": "4月16日 周敏"},
    {"title": "区级审核", "state": "now", "note": "今天 17:00 到期"},
    {"title": "市级备案", "state": "todo", "note": "3 个工作日"},
    {"title": "生效并通知", "state": "todo", "note": ""},
)

ENTRIES = (
    {"title": "等待区级审核", "text": "", "who": "基础教育科 陈思远", "at": "还剩 7 小时", "tone": "warn"},
    {"title": "校长确认并签章", "text": "数字签名有效。", "who": "周敏", "at": "4月16日 09:12"},
    {
        "title": "规则核对通过",
        "text": "与“小学班额标准”一致。",
        "who": "系统",
        "at": "4月15日 16:41",
        "tone": "info",
    },
    {"title": "学校提交", "text": "", "who": "李老师", "at": "4月15日 16:40", "tone": "off"},
)

DIFF = (
    {"label": "校区", "before": "康平路校区", "after": "康平路校区、华展路校区"},
    {"label": "一年级班额", "before": "4 班 × 42", "after": "6 班 × 40"},
    {"label": "传真", "before": "021-64370000", "after": ""},
)

FACTS = (
    {"label": "机构编码", "value": "3104000217"},
    {"label": "举办", "value": "公办"},
    {"label": "在籍", "value": "1,212 人，36 班"},
    {"label": "校长", "value": "周敏", "href": "#"},
    {"label": "建校", "value": "1936 年"},
    {"label": "网络接入", "value": "万兆，IPv6"},
)


NAV: tuple[dict[str, Any], ...] = tuple(
    {
        "title": title,
        "entries": [
            {"title": name, "url": "#", "icon": icon, "current": name == "首页"} for name, icon in entries
        ],
    }
    for title, entries in (
        ("办公", (("首页", "home"), ("待办", "inbox"), ("通知", "bell"))),
        ("一网", (("教育城域网", "network"),)),
        ("三中心", (("数据中心", "data"), ("资源中心", "resource"), ("认证中心", "key"))),
        (
            "两平台",
            (("智慧学习", "book"), ("入学报名", "school"), ("学校安全", "shield"), ("决策支撑", "chart")),
        ),
        ("台账", (("学校与机构", "map"), ("人员", "people"), ("班级", "class"))),
    )
)


def _tiles() -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "value": value,
            "text": f"{value}%",
            "level": level,
            "href": "#",
            "here": name == "徐汇",
        }
        for name, value, level in DISTRICT_SHARES
    ]


def _refused() -> SampleForm:
    form = SampleForm({"name": "", "kind": "p", "holder": "g", "seats": "60"})
    form.add_error("seats", "小学班额不超过 45 人，请改成 45 或更少。")
    return form


def sample() -> dict[str, Any]:
    return {
        "nav": NAV,
        "organisation": "徐汇区教育局",
        "person_name": "陈思远",
        "person_role": "基础教育科",
        "inbox_count": 7,
        "notice_count": 2,
        "tiles": _tiles(),
        "todo": TODO,
        "steps": STEPS,
        "entries": ENTRIES,
        "diff": DIFF,
        "facts": FACTS,
        "schools": SCHOOLS,
        "empty_form": SampleForm(auto_id="a_%s"),
        "refused_form": _refused(),
        "page": SamplePage(1, 5, 87, next_url="#"),
        "months": ["9月", "10月", "11月", "12月", "1月", "2月", "3月", "4月"],
        "quality": [92.1, 93.4, 93.8, 95.2, 96.0, 96.4, 97.6, 98.2],
        "grades": ["一年级", "二年级", "三年级", "四年级", "五年级"],
        "heads": [240, 236, 241, 247, 248],
        "up": [61, 64, 66, 71, 79, 86, 90],
        "down": [410, 391, 393, 372, 350, 346, 317],
        "flat": [5, 4, 4, 3, 2, 2, 1],
        "tabs": [
            {"title": "概况", "href": "#", "current": True},
            {"title": "校区", "href": "#"},
            {"title": "班级", "href": "#"},
            {"title": "经过", "href": "#"},
        ],
        "icons": list(ICONS),
        "tones": ["ok", "info", "warn", "late", "off"],
    }
