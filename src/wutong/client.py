"""The API of a Wutong house from Python, with the standard library alone.

    house = Client("https://portal.example.org", credentials=("client id", "secret"))
    persons = house.register("persons")
    for row in persons.rows(sex="2", fields="name,born"):
        print(row["name"])
    persons.change(persons.row(17), phone="13800000000")

What the house refuses is raised as `Problem`. Requests that it could not take for the moment (429, 503, a lost
connection) are sent again; what writes carries an Idempotency-Key, so that it is done once all the same.
"""

from __future__ import annotations

import base64
import json
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlencode
from urllib.request import Request, urlopen

API = "/api/v1/"
# Rows of one bulk request; the house takes ten thousand.
BATCH = 5_000
Json = dict[str, Any]


class Problem(Exception):
    """What the house refused (RFC 9457): a sentence, a code for programs, a sentence for each wrong item."""

    def __init__(self, status: int, body: Json) -> None:
        self.status = status
        self.code = str(body.get("code", ""))
        self.detail = str(body.get("detail", ""))
        self.mend = str(body.get("mend", ""))
        self.fields: dict[str, str] = dict(body.get("fields") or {})
        super().__init__(f"{status} {self.code}: {self.detail}")


@dataclass(frozen=True)
class Row(Mapping[str, Any]):
    """A row of a register by its columns; `etag` is the version that was read, for a change."""

    id: int
    values_: Json = field(repr=False)
    etag: str = ""

    def __getitem__(self, name: str) -> Any:
        return self.values_[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.values_)

    def __len__(self) -> int:
        return len(self.values_)


@dataclass(frozen=True)
class Outcome:
    """What became of one row of a batch: created, updated, unchanged or rejected, with its problems."""

    line: int
    outcome: str
    id: int | None = None
    problems: tuple[Json, ...] = ()


@dataclass(frozen=True)
class Case:
    """A matter as lists show it; `steps` and `timeline` only where one matter was read."""

    number: str
    process: str
    title: str
    state: str
    state_title: str
    organisation: str
    opened: str
    due: str | None
    closed: str | None
    outcome: str
    etag: str = ""
    steps: tuple[Json, ...] = ()
    timeline: tuple[Json, ...] = ()

    @classmethod
    def of(cls, body: Json, etag: str = "") -> Case:
        known: Json = {name: body[name] for name in cls.__dataclass_fields__ if name in body}
        many: Json = {name: tuple(known[name]) for name in ("steps", "timeline") if name in known}
        values: Json = {**known, **many, "etag": etag}
        return cls(**values)


@dataclass(frozen=True)
class Answer:
    body: Any
    etag: str


class Client:
    """`token`: one that you hold; `credentials`: client id and secret, for which tokens are fetched as needed."""

    def __init__(
        self,
        address: str,
        *,
        token: str = "",
        credentials: tuple[str, str] | None = None,
        scope: str = "",
        headers: Mapping[str, str] | None = None,
        timeout: float = 60,
        tries: int = 4,
    ) -> None:
        self.address, self.timeout, self.tries = address.rstrip("/"), timeout, tries
        self.token, self.credentials, self.scope = token, credentials, scope
        self.headers = dict(headers or {})
        self.expires = float("inf")

    def register(self, name: str) -> Register:
        return Register(self, name)

    def me(self) -> Json:
        found: Json = self.ask("GET", "me/").body
        return found

    def search(self, text: str, *, kind: str = "", limit: int = 20) -> list[Json]:
        query = {"q": text, "limit": limit, **({"kind": kind} if kind else {})}
        return list(self.ask("GET", "search", query=query).body["items"])

    def code_set(self, name: str, *, on: str = "") -> Json:
        found: Json = self.ask("GET", f"codes/{quote(name)}/", query={"on": on} if on else None).body
        return found

    def cases(self, **filters: Any) -> Iterator[Case]:
        """Newest first: `process`, `state`, `open`."""
        return map(Case.of, self.pages("cases/", filters))

    def inbox(self, tab: str = "waiting") -> Iterator[Case]:
        return map(Case.of, self.pages("inbox/", {"tab": tab}))

    def case(self, number: str) -> Case:
        return self._case("GET", f"cases/{quote(number)}/")

    def open_case(self, process: str, **values: Any) -> Case:
        return self._case("POST", "cases/", {"process": process, "values": values})

    def take(self, case: Case, step: str, *, comment: str = "", **values: Any) -> Case:
        """Takes a step of a matter as it was read; Problem `outdated` if it has moved since."""
        body = {"comment": comment, "values": values}
        return self._case("POST", f"cases/{quote(case.number)}/steps/{quote(step)}/", body, case.etag)

    def delegate(self, case: Case, person: int, *, comment: str = "") -> Case:
        body = {"person": person, "comment": comment}
        return self._case("POST", f"cases/{quote(case.number)}/delegate/", body, case.etag)

    def full_number(self, person: int, kind: str, *, purpose: str) -> str:
        """Journalled with the purpose; needs the scope `numbers:read`."""
        body = {"purpose": purpose}
        return str(self.ask("POST", f"persons/{person}/numbers/{quote(kind)}/", body).body["number"])

    def _case(self, method: str, path: str, body: Json | None = None, etag: str = "") -> Case:
        found = self.ask(method, path, body, match=etag)
        return Case.of(found.body, found.etag)

    def pages(self, path: str, query: Mapping[str, Any]) -> Iterator[Json]:
        """All items, a page after the other."""
        found = self.ask("GET", path, query={name: plain(value) for name, value in query.items()}).body
        yield from found["items"]
        while found["next"]:
            found = self.ask("GET", found["next"].removeprefix(API)).body
            yield from found["items"]

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        query: Mapping[str, Any] | None = None,
        match: str = "",
    ) -> Answer:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"} if data else {}
        headers |= {"If-Match": match} if match else {}
        headers |= {"Idempotency-Key": str(uuid.uuid4())} if method != "GET" else {}
        address = path + (f"?{urlencode(query)}" if query else "")
        with self.send(method, address, data, headers) as answer:
            return Answer(json.loads(answer.read() or b"null"), answer.headers.get("ETag", ""))

    def send(self, method: str, path: str, data: bytes | None, headers: Mapping[str, str]) -> Any:
        """The open answer; sent again while the house is busy or out of reach."""
        for turn in range(self.tries):
            last = turn + 1 == self.tries
            known = {**self._known(), **headers}
            request = Request(self.address + API + path, data, known, method=method)  # noqa: S310  # the caller's own
            try:
                return urlopen(request, timeout=self.timeout)  # noqa: S310  # likewise
            except HTTPError as error:
                if last or error.code not in (429, 503):
                    raise problem(error) from None
                pause = int(error.headers.get("Retry-After") or 1)
                error.close()
            except URLError:
                if last:
                    raise
                pause = 2**turn
            time.sleep(pause)
        raise AssertionError("the last turn returned or raised")

    def _known(self) -> dict[str, str]:
        if self.credentials and (not self.token or time.monotonic() > self.expires):
            self._fetch_token(*self.credentials)
        token = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return {**self.headers, **token}

    def _fetch_token(self, client_id: str, secret: str) -> None:
        """RFC 6749 §4.4, at the address that the house names (RFC 8414)."""
        with urlopen(self.address + "/.well-known/oauth-authorization-server", timeout=self.timeout) as found:  # noqa: S310  # likewise
            endpoint = json.load(found)["token_endpoint"]
        shown = base64.b64encode(f"{quote(client_id, safe='')}:{quote(secret, safe='')}".encode()).decode()
        form = {"grant_type": "client_credentials", **({"scope": self.scope} if self.scope else {})}
        request = Request(endpoint, urlencode(form).encode(), {"Authorization": f"Basic {shown}"})  # noqa: S310  # likewise
        try:
            with urlopen(request, timeout=self.timeout) as answer:  # noqa: S310  # likewise
                body = json.load(answer)
        except HTTPError as error:
            raise problem(error) from None
        self.token = body["access_token"]
        self.expires = time.monotonic() + max(int(body.get("expires_in", 60)) - 30, 0)


@dataclass(frozen=True)
class Register:
    client: Client
    name: str

    @property
    def path(self) -> str:
        return f"registers/{quote(self.name)}/"

    def rows(self, *, limit: int = 200, **filters: Any) -> Iterator[Row]:
        """All rows in sight, fetched `limit` at a time. Filters as on the page, `q`, `fields="name,born"`."""
        for item in self.client.pages(self.path, {"limit": limit, **filters}):
            yield row_of(Answer(item, ""))

    def row(self, key: int) -> Row:
        return row_of(self.client.ask("GET", f"{self.path}{key}/"))

    def create(self, **values: Any) -> Row:
        return row_of(self.client.ask("POST", self.path, values))

    def change(self, row: Row, **values: Any) -> Row:
        """Problem `outdated` if somebody changed it since it was read with `row`."""
        return row_of(self.client.ask("PATCH", f"{self.path}{row.id}/", values, match=row.etag))

    def end(self, row: Row) -> Row:
        return row_of(self.client.ask("DELETE", f"{self.path}{row.id}/", match=row.etag))

    def history(self, key: int) -> list[Json]:
        return list(self.client.ask("GET", f"{self.path}{key}/history/").body["items"])

    def bulk(self, rows: Iterable[Mapping[str, Any]], *, dry_run: bool = False) -> Iterator[Outcome]:
        """One outcome for each row, in order; any number of rows, a few thousand in a request."""
        waiting, done = iter(rows), 0
        while batch := list(islice(waiting, BATCH)):
            yield from self._batch(batch, done, dry_run)
            done += len(batch)

    def _batch(self, batch: list[Mapping[str, Any]], done: int, dry_run: bool) -> Iterator[Outcome]:
        data = "\n".join(json.dumps(dict(row)) for row in batch).encode()
        path = f"{self.path}bulk" + ("?dry_run=true" if dry_run else "")
        ended = False
        with self.client.send("POST", path, data, {"Content-Type": "application/x-ndjson"}) as answer:
            for line in answer:
                told = json.loads(line)
                ended = "line" not in told
                if not ended:
                    problems = tuple(told.get("problems", ()))
                    yield Outcome(done + told["line"], told["outcome"], told.get("id"), problems)
        if not ended:
            raise ConnectionError("The answer was cut off; what it told is on disk. Send the rows again.")


def row_of(answer: Answer) -> Row:
    return Row(answer.body["id"], answer.body, answer.etag)


def plain(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value


def problem(error: HTTPError) -> Problem:
    with error:
        try:
            return Problem(error.code, json.loads(error.read()))
        except ValueError:
            return Problem(error.code, {})
