import pytest
from hypothesis import given
from hypothesis import strategies as st

from wutong.kernel.search.index import FIRST, whole_names
from wutong.kernel.search.readings import Term, index_terms, letters, query_terms, readings

SURNAMES = list("张王李单仇曾解查盖朴区任华翟缪冼员乐吕") + ["尉迟", "万俟", "长孙", "欧阳", "司马"]
GIVEN = list("小明晓乐长朝绿女略伟芳娜秀英强磊军洋勇艳杰娟涛")
names = st.builds(
    "{}{}".format, st.sampled_from(SURNAMES), st.text(st.sampled_from(GIVEN), min_size=1, max_size=3)
)
titles = st.text(st.sampled_from("上海市徐汇区长宁重庆女中学第一小绿地实验 A2·"), min_size=1, max_size=30)


def found(query: str, text: str, *, person: bool = False) -> bool:
    """What an index does with the terms: equal, or begun with; all of them."""
    index, terms = index_terms(text, person=person), query_terms(query)
    return bool(terms) and all(
        any(kept.startswith(term.text) if term.prefix else kept == term.text for kept in index)
        for term in terms
    )


@given(st.data(), names)
def test_any_part_of_a_name_finds_it(data, name):
    start = data.draw(st.integers(0, len(name) - 1))
    assert found(name[start : data.draw(st.integers(start + 1, len(name)))], name, person=True)


@given(st.data(), names, st.sampled_from("vu"))
def test_any_beginning_of_its_pinyin_finds_it(data, name, spelling):
    read = readings(name, person=True)
    syllables = data.draw(st.sampled_from([read.full, *read.others]))
    spoken = "".join(syllables[data.draw(st.integers(0, len(syllables) - 1)) :]).replace("ü", spelling)
    assert found(spoken[: data.draw(st.integers(1, len(spoken)))], name, person=True)


@given(st.data(), names)
def test_any_run_of_initials_finds_it(data, name):
    initials = readings(name, person=True).initials
    start = data.draw(st.integers(0, len(initials) - 1))
    assert found(
        initials[start : data.draw(st.integers(start + 1, len(initials)))].upper(), name, person=True
    )


@given(st.data(), titles.filter(str.strip))
def test_pinyin_of_a_long_text_finds_it_however_far_it_is_typed(data, title):
    spoken = "".join(readings(title).full).replace("ü", "v")
    if spoken:
        assert found(spoken[: data.draw(st.integers(1, len(spoken)))], title)


short = st.text(st.sampled_from("徐女绿重 a2·ü-ABi"), min_size=1, max_size=4)


@given(st.one_of(st.tuples(names, st.just(True)), st.tuples(titles | short, st.booleans())))
def test_who_is_named_as_one_term_says_is_found_by_it(named):
    """A search for the whole name, or its first part, need not ask for the term besides."""
    text, person = named
    for form in whole_names(text, person):
        name = form.removeprefix(FIRST)
        terms = query_terms(name)
        if [term.text for term in terms] == [name] and (terms[0].prefix or len(name) == 1):
            assert found(name, text, person=person)


@given(names, names)
def test_another_name_is_found_only_through_what_both_hold(name, other):
    assert found(name, other, person=True) == all(
        term.text in index_terms(other, person=True) for term in query_terms(name)
    )


@given(st.text(max_size=40), st.booleans())
def test_any_text_can_be_indexed_and_asked_for(text, person):
    terms = index_terms(text, person=person)
    assert (len(terms), [term for term in terms if not 0 < len(term) <= 40]) == (len(set(terms)), [])
    assert [term for term in query_terms(text) if not term.text] == []


@pytest.mark.parametrize(
    ("name", "pinyin"),
    [
        ("单雄信", "shan xiong xin"),
        ("仇英", "qiu ying"),
        ("曾国", "zeng guo"),
        ("解缙", "xie jin"),
        ("查良", "zha liang"),
        ("盖英", "ge ying"),
        ("朴明", "piao ming"),
        ("区文", "ou wen"),
        ("任明", "ren ming"),
        ("华佗", "hua tuo"),
        ("翟明", "zhai ming"),
        ("缪英", "miao ying"),
        ("冼星海", "xian xing hai"),
        ("员明", "yun ming"),
        ("乐毅", "yue yi"),
        ("尉迟恭", "yu chi gong"),
        ("万俟明", "mo qi ming"),
        ("长孙明", "zhang sun ming"),
        ("单于明", "chan yu ming"),
        ("欧阳晓明", "ou yang xiao ming"),
        ("吕女", "lü nü"),
    ],
)
def test_surnames_have_their_own_readings(name, pinyin):
    assert " ".join(readings(name, person=True).full) == pinyin


@pytest.mark.parametrize(
    ("text", "pinyin"),
    [
        ("重庆路小学", "chong qing lu xiao xue"),
        ("长宁区重点中学", "chang ning qu zhong dian zhong xue"),
        ("闵行区莘庄", "min hang qu xin zhuang"),
        ("杨行中心校", "yang hang zhong xin xiao"),
        ("单位", "dan wei"),
        ("Müller 第54中学", "müller di 54 zhong xue"),
    ],
)
def test_texts_are_read_by_phrases_and_places(text, pinyin):
    assert " ".join(readings(text).full) == pinyin


def test_index_terms_of_a_name():
    expected = "张 小 明 张小 小明 zhangxiaoming zxm xiaoming xm ming m"
    assert index_terms("张小明", person=True) == expected.split()


def test_both_readings_of_a_surname_find_the_person():
    assert [found(typed, "单明", person=True) for typed in ("shanming", "danming", "sm", "dm", "chan")] == [
        True
    ] * 4 + [False]


@pytest.mark.parametrize(
    ("name", "spelled"),
    [
        ("吕小强", "lvxiaoqiang"),
        ("单于明", "chanyuming"),
        ("Chloé Müller-7", "chloemvller7"),
        ("Анна", ""),
        ("", ""),
    ],
)
def test_a_name_in_letters_for_a_user_name(name, spelled):
    assert letters(name) == spelled


def test_numbers_stay_whole_in_initials():
    assert readings("上海市第54中学").initials == "shsd54zx"
    assert [found(typed, "上海市第54中学") for typed in ("d54zx", "54", "di54zhong", "d45zx")] == [
        True,
        True,
        True,
        False,
    ]


def test_dots_and_apostrophes_inside_names_do_not_count():
    for typed in ("古丽买买提", "古丽·买买提", "gulimaimaiti"):
        assert found(typed, "阿依古丽·买买提", person=True)
    assert found("xian", "Xi'an Jiaotong")


@pytest.mark.parametrize(
    ("typed", "terms"),
    [
        ("", []),
        (" ，。_ ", []),
        ("高", [Term("高", False)]),
        ("张小明", [Term("张小", False), Term("小明", False)]),
        ("徐汇gaoan", [Term("徐汇", False), Term("gaoan", True)]),
        ("Zhang  XIAO", [Term("zhang", True), Term("xiao", True)]),
        ("ＬＶ　２５", [Term("lv", True), Term("25", True)]),
        ("lǚ", [Term("lv", True)]),
        ("García xi'an", [Term("garcia", True), Term("xian", True)]),
        ("明明明", [Term("明明", False)]),
    ],
)
def test_how_a_query_is_cut(typed, terms):
    assert query_terms(typed) == terms


def test_every_word_of_a_query_must_match():
    assert [found(typed, "徐汇区高安路第一小学") for typed in ("徐汇 gaoan", "徐汇 gaoen")] == [True, False]
