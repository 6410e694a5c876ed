"""What every register and every scoped model must do. A module names its register and says what a line looks like:

    class TestSchools(RegisterConformance):
        register_name = "organisations"

        def line(self, school, n):
            return {"name": f"第{n}小学", …}

and is born with the cases below. They run in the small town of `factories`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from io import BytesIO
from typing import Any, ClassVar

import pytest
from django.apps import apps
from django.db import connection
from django.db.models import Count
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from wutong.kernel.module import REGISTRY
from wutong.kernel.people.models import Organisation
from wutong.kernel.policy import SYSTEM, Actor
from wutong.kernel.register.export import exported
from wutong.kernel.register.importing import Importer, Trouble, header_columns
from wutong.kernel.register.spec import Entry, Register
from wutong.kernel.scope import ScopedModel, UnscopedQuery
from wutong.kernel.sheet.header import match_header
from wutong.kernel.sheet.reading import Sheet, open_sheet
from wutong.kernel.testing.factories import Town
from wutong.kernel.ui.middleware import READ

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
FEW, MANY = 3, 30
# The cast who are signed in and hold no role anywhere.
WITHOUT_ROLE = ("stranger", "former")


@pytest.mark.django_db(databases="__all__")
class RegisterConformance:
    """The cases. `near` stands in the first district, `far` in the other one."""

    register_name: ClassVar[str]

    def line(self, school: Organisation, n: int) -> dict[str, Any]:
        """What an entry of one new row in `school` says; every `n` makes another row."""
        raise NotImplementedError

    @property
    def register(self) -> Register:
        return REGISTRY.register(self.register_name)

    def keep(self, school: Organisation, n: int) -> Any:
        return self.register.save(SYSTEM, Entry(self.line(school, n)), at=NOW)

    @pytest.fixture
    def near(self, small_town: Town) -> Any:
        return self.keep(small_town.place("gaoan"), 1)

    @pytest.fixture
    def far(self, small_town: Town) -> Any:
        return self.keep(small_town.place("island"), 2)

    def url(self, page: str, *arguments: Any) -> str:
        return reverse(f"register:{page}", args=[self.register_name, *arguments])

    def pages_of(self, row: Any) -> list[str]:
        return [self.url(page, row.pk) for page in ("detail", "edit", "history")]

    def pages(self) -> list[str]:
        return [self.url(page) for page in ("index", "new", "upload", "template")]

    # Who may not

    def test_anonymous_is_sent_to_sign_in(self, client: Client, near: Any) -> None:
        for url in (*self.pages(), *self.pages_of(near)):
            response = client.get(url)
            assert (response.status_code, response.url) == (302, f"/accounts/login/?next={url}")
        assert client.post(self.url("export", "csv")).status_code == 302

    @pytest.mark.parametrize("who", WITHOUT_ROLE)
    def test_who_has_no_role_finds_nothing(
        self, client: Client, small_town: Town, near: Any, who: str
    ) -> None:
        client.force_login(small_town.account(who))
        for url in (*self.pages(), *self.pages_of(near)):
            assert (url, client.get(url).status_code) == (url, 404)
        assert client.post(self.url("export", "csv")).status_code == 404

    def test_the_other_district_does_not_see_the_row(
        self, client: Client, small_town: Town, near: Any, far: Any
    ) -> None:
        client.force_login(small_town.account("other_officer"))
        assert {url: client.get(url).status_code for url in self.pages_of(near)} == dict.fromkeys(
            self.pages_of(near), 404
        )
        listed = self.listed(client)
        assert (near.pk in listed, far.pk in listed) == (False, True)
        records = self.exported_by(client)
        assert self.exported_line(near) not in records
        assert self.exported_line(far) in records

    def test_the_right_district_sees_the_row(
        self, client: Client, small_town: Town, near: Any, far: Any
    ) -> None:
        client.force_login(small_town.account("officer"))
        assert [client.get(url).status_code for url in self.pages_of(near)] == [200, 200, 200]
        listed = self.listed(client)
        assert (near.pk in listed, far.pk in listed) == (True, False)
        assert self.exported_line(near) in self.exported_by(client)

    @pytest.mark.parametrize(
        "who", ["head", "teacher", "pupil", "guardian", "auditor", "operator", "other_clerk"]
    )
    def test_who_has_no_right_cannot_write(
        self, client: Client, small_town: Town, near: Any, who: str
    ) -> None:
        client.force_login(small_town.account(who))
        before = self.register.record(near, full=True)
        for url in (
            self.url("edit", near.pk),
            *((self.url("new"), self.url("upload")) if who != "other_clerk" else ()),
        ):
            assert client.get(url).status_code in (403, 404)
            assert client.post(url, {"name": "改"}).status_code in (403, 404)
        again = self.register.rows(SYSTEM).get(pk=near.pk)
        assert self.register.record(again, full=True) == before

    # Pages

    @pytest.mark.parametrize("language", ["zh-hans", "en"])
    def test_every_page_renders_in_both_languages(
        self, client: Client, small_town: Town, near: Any, language: str
    ) -> None:
        client.force_login(small_town.account("officer"))
        for url in (*self.pages(), *self.pages_of(near)):
            response = client.get(url, headers={"accept-language": language})
            response.close()
            assert (url, response.status_code) == (url, 200)
            if response["Content-Type"].startswith("text/html"):
                assert f'lang="{language}' in response.content.decode().lower()

    def test_looking_writes_nothing(self, client: Client, small_town: Town, near: Any) -> None:
        client.force_login(small_town.account("officer"))
        with CaptureQueriesContext(connection) as captured:
            for url in (*self.pages(), *self.pages_of(near)):
                client.get(url).close()
        assert [query["sql"] for query in captured if not READ.match(query["sql"])] == []

    def test_an_empty_form_is_refused_with_its_faults(self, client: Client, small_town: Town) -> None:
        required = [c for c in self.register.columns if c.required and c.editable and not c.sensitive]
        client.force_login(small_town.account("officer"))
        before = self.register.rows(SYSTEM).count()
        response = client.post(self.url("new"), {"version": ""})
        page = response.content.decode()
        assert response.status_code == 422
        assert [c.name for c in required if f'name="{c.name}"' not in page] == []
        assert 'role="alert"' in page
        assert self.register.rows(SYSTEM).count() == before

    def test_a_page_follows_a_page_without_gap_or_repetition(
        self, client: Client, small_town: Town, near: Any
    ) -> None:
        self.fill(small_town, 2, MANY)
        client.force_login(small_town.account("officer"))
        listed = self.listed(client)
        assert len(listed) == len(set(listed))
        visible = self.register.rows(small_town.actor("officer")).values_list("pk", flat=True)
        assert set(listed) == set(visible)

    def test_a_long_list_asks_no_more_questions_than_a_short_one(
        self, client: Client, small_town: Town
    ) -> None:
        client.force_login(small_town.account("city_officer"))
        asked = []
        for first, last in ((1, FEW), (FEW + 1, MANY)):
            self.fill(small_town, first, last)
            client.get(self.url("index"))
            with CaptureQueriesContext(connection) as captured:
                client.get(self.url("index"))
            asked.append(questions(captured))
        assert asked[1] == asked[0]

    def test_a_long_export_asks_no_more_questions_than_a_short_one(self, small_town: Town) -> None:
        asked = []
        for first, last in ((1, FEW), (FEW + 1, MANY)):
            self.fill(small_town, first, last)
            with CaptureQueriesContext(connection) as captured:
                exported(self.register, SYSTEM, "csv", {}).close()
            asked.append(questions(captured))
        assert asked[1] == asked[0]

    # Sheets

    @pytest.mark.parametrize("kind", ["csv", "xlsx"])
    def test_what_was_exported_is_read_back_unchanged(
        self, small_town: Town, near: Any, far: Any, kind: str
    ) -> None:
        rows = self.register.rows(SYSTEM).count()
        assert rows >= 2
        assert self.read_back(SYSTEM, kind) == ({**NOTHING, "rows": rows, "unchanged": rows}, [])

    @pytest.mark.parametrize("kind", ["csv", "xlsx"])
    def test_an_office_reads_back_its_own_export(
        self, small_town: Town, near: Any, far: Any, kind: str
    ) -> None:
        """Masked numbers are recognised: nobody has to look at the full ones to correct a name."""
        officer = small_town.actor("officer")
        rows = self.register.rows(officer).count()
        assert rows >= 1
        assert self.read_back(officer, kind) == ({**NOTHING, "rows": rows, "unchanged": rows}, [])

    def test_the_blank_sheet_has_the_header_that_is_asked_for(self, client: Client, small_town: Town) -> None:
        client.force_login(small_town.account("officer"))
        sheet = downloaded(client.get(self.url("template")), "template.xlsx")
        match = match_header(sheet.header, header_columns(self.register))
        assert (tuple(match.missing), tuple(match.unknown), dict(match.guessed)) == ((), (), {})
        assert set(match.indexes) == {c.name for c in self.register.columns if c.editable}

    # Tools of the cases

    def fill(self, town: Town, first: int, last: int) -> None:
        for n in range(first, last + 1):
            self.keep(town.place("gaoan"), n)

    def listed(self, client: Client) -> list[int]:
        """Keys of the rows on all pages of the list, as a person would click through them."""
        found: list[int] = []
        for number in range(1, 40):
            page = client.get(self.url("index"), {"page": number}).content.decode()
            keys = re.findall(rf'<th scope="row"><a href="{self.url("index")}(\d+)/"', page)
            if not keys:
                break
            found += map(int, keys)
        return found

    def exported_by(self, client: Client) -> list[tuple[str, ...]]:
        response = client.post(self.url("export", "csv"))
        assert response.status_code == 200
        rows = downloaded(response, "export.csv").rows
        return [tuple(str(cell or "") for cell in row.values) for row in rows]

    def exported_line(self, row: Any) -> tuple[str, ...]:
        held = self.register.rows(SYSTEM).get(pk=row.pk)
        values = self.register.record(held).values()
        return tuple("" if value is None else str(value) for value in values)

    def read_back(self, actor: Actor, kind: str) -> tuple[dict[str, int], list[str]]:
        """Counts of an import of the own export, and the sentences of what was refused."""
        troubles: list[Trouble] = []
        with exported(self.register, actor, kind, {}) as file:
            importer = Importer(
                actor, self.register, file, filename=f"export.{kind}", tell=troubles.append, at=NOW
            )
            counts = importer.load().counts
        return counts, [f"{t.row} {t.column} {t.rule}: {t.message}" for t in troubles if t.refused]


def questions(captured: CaptureQueriesContext) -> list[str]:
    """What was asked of which table, without the values."""
    found = [query["sql"] for query in captured if query["sql"].startswith("SELECT")]
    return [sql.partition(" FROM ")[2].partition(" WHERE ")[0] for sql in found]


def downloaded(response: Any, filename: str) -> Sheet:
    content = b"".join(response.streaming_content)
    response.close()
    return open_sheet(BytesIO(content), filename=filename)


NOTHING = dict.fromkeys(("rows", "created", "updated", "unchanged", "rejected"), 0)


def scoped_models() -> list[type[ScopedModel]]:
    """Every scoped table of the house, whichever module it belongs to."""
    return [model for model in apps.get_models() if issubclass(model, ScopedModel)]


# Each way in which a query can reach the rows of a table.
QUESTIONS: dict[str, Callable[[Any], Any]] = {
    "all": lambda rows: list(rows.all()),
    "filter": lambda rows: list(rows.filter(pk__gt=0)),
    "exclude": lambda rows: list(rows.exclude(pk=0)),
    "count": lambda rows: rows.count(),
    "exists": lambda rows: rows.exists(),
    "aggregate": lambda rows: rows.aggregate(n=Count("pk")),
    "update": lambda rows: rows.update(pk=0),
    "delete": lambda rows: rows.all().delete(),
    "iterator": lambda rows: list(rows.iterator()),
    "get": lambda rows: rows.get(pk=1),
    "first": lambda rows: rows.first(),
    "last": lambda rows: rows.last(),
    "earliest": lambda rows: rows.earliest("pk"),
    "in_bulk": lambda rows: rows.in_bulk([1]),
    "values": lambda rows: list(rows.values("pk")),
    "values_list": lambda rows: list(rows.values_list("pk", flat=True)),
    "slice": lambda rows: rows.all()[0],
    "bool": lambda rows: bool(rows.all()),
    "len": lambda rows: len(rows.all()),
    "contains": lambda rows: rows.contains(rows.model(pk=1)),
    "union": lambda rows: list(rows.filter(pk=1).union(rows.filter(pk=2))),
    "or": lambda rows: list(rows.filter(pk=1) | rows.filter(pk=2)),
    "get_or_create": lambda rows: rows.get_or_create(pk=1),
    "update_or_create": lambda rows: rows.update_or_create(pk=1),
}


def answers(model: type[ScopedModel]) -> Iterator[str]:
    """The questions that a scoped table answers without being told who asks: there must be none."""
    for name, ask in QUESTIONS.items():
        try:
            ask(model.objects)
        except UnscopedQuery:
            continue
        yield name
