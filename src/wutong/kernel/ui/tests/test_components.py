import re

import pytest
from django import forms
from django.template import Context, Template, TemplateSyntaxError
from django.template.loader import get_template
from django.utils.functional import SimpleLazyObject
from django.utils.translation import override

from wutong.kernel.ui.components import COMPONENTS, DISTRICTS, REQUIRED
from wutong.kernel.ui.gallery import NAV, SamplePage, sample
from wutong.kernel.ui.templatetags.ui import Known, _frozen, main_entries


def draw(source: str, **values: object) -> str:
    return Template("{% load ui %}" + source).render(Context(values))


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ('{% ui "stamp" %}', "no component 'stamp'"),
        ("{% ui status text=x %}", "quoted name"),
        ('{% ui "status" %}', "needs the prop 'text'"),
        ('{% ui "status" text=x colour="red" %}', "no prop 'colour'"),
        ('{% ui "status" text=x tone="red" %}', "takes tone = ok, info, warn, late, off"),
        ('{% ui "status" x %}', "prop=value"),
        ('{% ui "icon" name="unicorn" %}', "takes name"),
        ('{% ui "sheet" title=x %}', "uiblock"),
        ('{% uiblock "status" text=x %}{% enduiblock %}', "is written {% ui %}"),
        ('{% uiblock "sheet" %}{% slot "lid" %}{% endslot %}{% enduiblock %}', "no slot 'lid'"),
        (
            '{% uiblock "sheet" %}{% slot "foot" %}{% endslot %}{% slot "foot" %}{% endslot %}{% enduiblock %}',
            "twice",
        ),
        (
            '{% uiblock "sheet" %}{% if x %}{% slot "foot" %}{% endslot %}{% endif %}{% enduiblock %}',
            "directly inside",
        ),
        ('{% slot "foot" %}{% endslot %}', "directly inside"),
        ('{% uiblock "dialog" id="d" %}{% enduiblock %}', "needs the prop 'title'"),
    ],
)
def test_misuse_fails_when_the_template_compiles(source: str, message: str) -> None:
    with pytest.raises(TemplateSyntaxError, match=re.escape(message)):
        Template("{% load ui %}" + source)


def test_a_tone_known_only_while_drawing_is_checked_too() -> None:
    with pytest.raises(ValueError, match="not 'red'"):
        draw('{% ui "status" text="x" tone=tone %}', tone="red")


def test_an_empty_tone_means_the_default() -> None:
    assert (
        draw('{% ui "status" text="在用" tone=tone %}', tone="")
        == '<span class="wt-status wt-status-ok">在用</span>'
    )


HOSTILE = '<script>alert("x")</script>'
HOSTILE_USES = (
    '{% ui "status" text=x %}',
    '{% ui "stat" label=x value=x note=x unit=x href=x %}',
    '{% ui "timeline" entries=rows %}{% ui "todo" items=rows %}{% ui "facts" items=rows %}{% ui "diff" rows=rows %}',
    '{% ui "steps" items=rows %}{% ui "empty" title=x text=x href=x action=x %}{% ui "button" text=x href=x %}',
    '{% ui "avatar" name=x %}{% ui "copy" text=x label=x %}{% ui "progress" done=1 total=2 label=x %}',
    '{% ui "meter" value=1 label=x %}',
    '{% ui "chart" title=x labels=labels values=numbers unit=x %}{% ui "tiles" items=rows %}',
    '{% uiblock "sheet" title=x note=x more_href=x %}{{ x }}{% slot "tools" %}{{ x }}{% endslot %}{% enduiblock %}',
    '{% uiblock "table" caption=x %}{% enduiblock %}{% uiblock "dialog" id=x title=x %}{% enduiblock %}',
    '{% uiblock "note" title=x %}{{ x }}{% enduiblock %}{% uiblock "tabs" items=rows %}{% enduiblock %}',
)


@pytest.mark.parametrize("source", HOSTILE_USES)
def test_values_are_escaped(source: str) -> None:
    keys = ("title", "text", "who", "at", "href", "label", "before", "after", "value", "name", "note", "due")
    rows = [dict.fromkeys(keys, HOSTILE) | {"state": "now"}]
    html = draw(source, x=HOSTILE, rows=rows, labels=[HOSTILE, "b"], numbers=[1, 2])
    assert "<script" not in html
    assert '"x"' not in html


def test_a_component_does_not_see_the_page() -> None:
    assert draw('{% ui "stat" label="在籍" value="12" %}', note="秘密", unit="秘密").count("秘密") == 0


def test_content_and_slots_see_the_page() -> None:
    html = draw(
        '{% uiblock "sheet" title="甲" %}{{ one }}{% slot "foot" %}{{ two }}{% endslot %}{% enduiblock %}',
        one="乙",
        two="丙",
    )
    assert re.findall("[甲乙丙]", html) == ["甲", "乙", "丙"]


@pytest.mark.parametrize("component", COMPONENTS.values(), ids=lambda component: component.name)
def test_every_component_has_its_template_and_a_place_in_the_gallery(component) -> None:
    get_template(component.template)
    source = (
        get_template("ui/gallery.html").template.source
        + get_template("ui/components/form.html").template.source
    )
    assert re.search(rf'{{% (ui|uiblock) "{component.name}"', source)


def test_choices_have_a_default_among_them() -> None:
    wrong = {
        (component.name, prop)
        for component in COMPONENTS.values()
        for prop, allowed in component.choices.items()
        if component.props[prop] is not REQUIRED and component.props[prop] not in allowed
    }
    assert wrong == set()


class LetterForm(forms.Form):
    title = forms.CharField(label="标题", help_text="二十字以内")
    kind = forms.ChoiceField(label="类别", choices=[("a", "甲"), ("b", "乙")], widget=forms.RadioSelect)
    note = forms.CharField(label="备注", required=False)
    token = forms.CharField(widget=forms.HiddenInput, initial="k")


def test_a_refused_field_names_its_help_and_its_error() -> None:
    html = draw('{% ui "field" field=form.title %}', form=LetterForm({}))
    described = re.search(r'<input[^>]*aria-describedby="([^"]+)"', html)
    assert described and described[1].split() == ["id_title_help", "id_title_error"]
    assert [html.count(f'id="{name}"') for name in ("id_title", "id_title_help", "id_title_error")] == [
        1,
        1,
        1,
    ]
    assert 'aria-invalid="true"' in html


def test_a_group_of_choices_is_a_fieldset_with_its_legend() -> None:
    html = draw('{% ui "field" field=form.kind %}', form=LetterForm())
    assert html.count("<fieldset") == html.count("<legend>类别") == 1
    assert html.count('type="radio"') == 2


def test_a_form_draws_all_its_fields_once_and_carries_the_token() -> None:
    html = draw(
        '{% uiblock "form" form=form submit="发出" %}{% enduiblock %}', form=LetterForm(), csrf_token="t" * 32
    )
    assert [html.count(f'name="{name}"') for name in ("title", "note", "token", "csrfmiddlewaretoken")] == [
        1,
        1,
        1,
        1,
    ]


def test_the_summary_links_to_the_fields_and_is_silent_without_errors() -> None:
    source = '{% ui "error_summary" form=form %}'
    assert draw(source, form=LetterForm()).strip() == ""
    assert re.findall(r'href="#(\w+)"', draw(source, form=LetterForm({"token": "k"}))) == [
        "id_title",
        "id_kind",
    ]


def test_districts_keep_their_place_and_strangers_follow() -> None:
    items = [{"name": "域外", "value": 1}, {"name": "浦东新区", "value": 2}, {"name": "徐汇区", "value": 3}]
    cells = COMPONENTS["tiles"].context({"items": items})["cells"]
    assert [cell["short"] for cell in cells] == [name for row in DISTRICTS for name in row] + ["域外"]
    assert [cell["value"] for cell in cells if "value" in cell] == [3, 2, 1]


def test_sixteen_districts() -> None:
    assert len({name for row in DISTRICTS for name in row if name}) == 16


def test_pager_offers_only_pages_that_exist() -> None:
    html = draw('{% ui "pager" page=page %}', page=SamplePage(1, 5, 87, next_url="?page=2"))
    assert re.findall(r'rel="(\w+)"', html) == ["next"]
    assert "第 1–5 项，共 87 项" in html


def test_the_phone_bar_prefers_entries_marked_main() -> None:
    assert [entry["title"] for entry in main_entries(NAV)] == ["首页", "待办", "通知", "教育城域网"]
    marked = [{"title": "", "entries": [{"title": "甲"}, {"title": "乙", "main": True}]}]
    assert [entry["title"] for entry in main_entries(marked)] == ["乙"]
    assert main_entries(None) == []


def test_the_gallery_draws() -> None:
    form = sample()["refused_form"]
    assert draw('{% uiblock "form" form=form %}{% enduiblock %}', form=form).count("wt-field-bad") == 3


def test_a_kept_part_is_drawn_once_for_equal_props_and_anew_for_others(rf) -> None:
    """What differs from request to request is put in afterwards: nobody gets the token of another."""
    source = '{% kept "ui/parts/language.html" who=who %}'

    def shown(path: str, token: str) -> str:
        return draw(source, who=["李老师", {"seen": True}], request=rf.get(path), csrf_token=token)

    first, second = shown("/a/?q=1&b=<i>", "first-token"), shown("/b/", "second-token")
    assert re.findall(r'value="([^"]*)"', first)[:2] == ["first-token", "/a/?q=1&amp;b=%3Ci%3E"]
    assert re.findall(r'value="([^"]*)"', second)[:2] == ["second-token", "/b/"]
    assert "\0" not in first + second


@pytest.mark.parametrize(
    ("one", "other"), [(1, True), ("1", 1), ([1], (1, 1)), ({"a": 1}, {"a": "1"}), (None, "")]
)
def test_parts_with_different_props_are_never_taken_for_each_other(one: object, other: object) -> None:
    """Equal to Python is not enough: each thing counts with its type."""
    assert _frozen({"value": one}) != _frozen({"value": other})


def test_a_part_known_by_a_key_is_drawn_for_each_key_and_language() -> None:
    def shown(title: str, key: object) -> str:
        nav = Known([{"title": title, "entries": []}], key)
        return draw('{% kept "ui/parts/nav.html" nav=nav %}', nav=SimpleLazyObject(lambda: nav))

    assert ["办公" in shown("办公", key) for key in ("one", "two")] == [True, True]
    assert "办公" in shown("台账", "one") and "台账" in shown("台账", "three")
    with override("en"):
        assert "Office" in shown("Office", "one")
