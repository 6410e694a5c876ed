"""A code means what it meant on the day."""

from datetime import date

import pytest
from django.utils import translation

from wutong.kernel.codes.models import Code, CodeSet
from wutong.kernel.codes.queries import choices, forget, in_force, label, lines, name_zh

pytestmark = pytest.mark.django_db
OLD, NEW = date(2005, 1, 1), date(2020, 9, 1)


@pytest.fixture(autouse=True)
def versions():
    forget()
    load("1", OLD, date(2020, 8, 31), [("1", "语文", "Chinese", None), ("2", "自然", "Nature", None)])
    load(
        "2",
        NEW,
        None,
        [
            ("1", "语文", "Chinese", None),
            ("2", "科学", "Science", None),
            ("3", "劳技", "", date(2022, 8, 31)),
        ],
    )
    yield
    forget()


def load(version, first, last, rows):
    made = CodeSet.objects.create(
        name="subject", title="学科", title_en="Subject", version=version, valid_from=first, valid_to=last
    )
    for position, (code, name, name_en, ended) in enumerate(rows):
        Code.objects.create(
            set=made, code=code, name=name, name_en=name_en, position=position, valid_to=ended
        )


@pytest.mark.parametrize(
    ("day", "version"),
    [(date(2004, 12, 31), None), (OLD, "1"), (date(2020, 8, 31), "1"), (NEW, "2"), (date(2099, 1, 1), "2")],
)
def test_the_version_in_force_is_the_one_of_the_day(day, version):
    found = in_force("subject", day)
    assert (found and found.version) == version


def test_a_code_is_read_as_it_was_meant():
    assert [label("subject", "2", day) for day in (OLD, NEW)] == ["自然", "科学"]
    assert label("subject", "2", date(2000, 1, 1)) == "2"
    assert label("subject", "99", NEW) == "99"
    assert label("nothing", "1") == "1"


def test_a_retired_code_is_read_and_no_longer_offered():
    before, after = date(2022, 8, 31), date(2022, 9, 1)
    assert choices("subject", before) == [("1", "语文"), ("2", "科学"), ("3", "劳技")]
    assert choices("subject", after) == [("1", "语文"), ("2", "科学")]
    assert label("subject", "3", after) == "劳技"


def test_words_are_those_of_the_page_and_sheets_speak_chinese():
    with translation.override("en"):
        assert choices("subject", NEW) == [("1", "Chinese"), ("2", "Science"), ("3", "劳技")]
        assert label("subject", "2", NEW) == "Science"
        assert name_zh("subject", "2", NEW) == "科学"
        assert str(in_force("subject", NEW)) == "Subject"


def test_what_is_kept_in_memory_is_forgotten_on_request():
    assert len(lines("subject", NEW)) == 3
    CodeSet.objects.all().delete()
    assert len(lines("subject", NEW)) == 3
    forget()
    assert lines("subject", NEW) == ()
