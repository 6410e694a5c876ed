"""What the OpenID provider costs, beside its peers: CPU of server processes with PostgreSQL counted.

Each server runs alone on a PostgreSQL of this benchmark, pages by Granian with one web process of two threads. Peers:
django-oauth-toolkit as it ships, in a virtual environment of its own and on the same server and database; npm's
oidc-provider, which keeps all in memory. `--people 2000000` fills the house first; `--without-peers`, `--opening-day`.
"""

import argparse
import base64
import hashlib
import json
import os
import re
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from http.client import HTTPException
from multiprocessing import get_context
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import psycopg

from benchmarks import openid_peers
from benchmarks.openid_peers import Caller, answered, cost, postmaster
from benchmarks.processes import machine
from benchmarks.start import Visitor
from tools import postgres
from tools.town import Town, serving, wutong

CALLBACK, PASSWORD = "https://app.example/cb", "wutong-demo-2026"
CODES = 60
Row = tuple[str, str, str]

# Run in the house, to register an application and people who can sign in.
SCENE = """
import json, sys, django
django.setup()
from django.contrib.auth.hashers import make_password
from wutong.centres.identity.accounts.api import open_account
from wutong.centres.identity.applications.api import create_client
from wutong.kernel.people import actions as people
from wutong.kernel.people.queries import root
from wutong.kernel.policy import SYSTEM
made = create_client(SYSTEM, root(), name="Benchmark", reach="all", trusted=True, redirect_uris=[sys.argv[1]],
    grants=["authorization_code", "refresh_token", "client_credentials"],
    scopes=["openid", "profile", "reading"], claims=["name"], id_token_alg="ES256")
open_account(people.add_person(SYSTEM, None, name="Somebody"), username="somebody", password=sys.argv[2])
print(json.dumps({"client_id": made.application.client_id, "secret": made.secret, "hash": make_password(sys.argv[2])}))
"""

OTHERS = "FROM accounts_account WHERE username <> 'somebody'"
SESSIONS = f"""
INSERT INTO accounts_browsersession (sid, account_id, auth_time, amr, acr, device, address, created, last_seen, ended)
SELECT 's' || id, id, now(), '[]', '', '', '', now(), now(), now() {OTHERS}
"""
GRANTS = f"""
INSERT INTO openid_grant (client_id, code, issuer, account, sid, scopes, claims, nonce, auth_time, acr, amr, jkt,
  secret, serial, issued, used, expires, ended, person_id)
SELECT 'x', gen_random_uuid(), '', id, 's' || id, '', '{{}}', '', now(), '', '[]', '', '', 0, now(), now(), now(),
  now(), person_id {OTHERS}
"""
TOKENS = """
INSERT INTO openid_accesstoken (digest, client_id, grant_id, scopes, jkt, issued, expires)
SELECT md5(id::text) || md5(id::text), 'x', id, '', '', now(), now() + interval '1 hour' FROM openid_grant
"""


@dataclass(frozen=True)
class House:
    """A served centre, its database, and what a relying party knows."""

    port: int
    pid: int
    database: str
    data: Path
    client_id: str
    secret: str
    hash: str

    def form(self, **more: str) -> dict[str, str]:
        return {"client_id": self.client_id, "client_secret": self.secret, **more}


def port_of(town: Town) -> int:
    return int(town.address.rsplit(":", 1)[1])


@contextmanager
def house(people: int) -> Iterator[House]:
    with ExitStack() as stack:
        address = stack.enter_context(postgres.server())
        data = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="wutong-bench-")))
        wutong("setup", data=data, env=os.environ | {"WUTONG_DATABASE": address})
        scene = os.environ | {
            "WUTONG_DATABASE": address, "WUTONG_DATA": str(data), "DJANGO_SETTINGS_MODULE": "wutong.config.settings",
        }  # fmt: skip
        command = [sys.executable, "-c", SCENE, CALLBACK, PASSWORD]
        done = subprocess.run(command, env=scene, capture_output=True, text=True, check=True)
        known = json.loads(done.stdout.splitlines()[-1])
        populate(address, people, known["hash"])
        town = stack.enter_context(serving(data, WUTONG_DATABASE=address, WUTONG_WORKER="no"))
        yield House(port_of(town), town.pid, address, data, **known)


def populate(address: str, people: int, password_hash: str) -> None:
    """People with accounts, all of one password, and for each a browser session and a grant that ended."""
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(
            "WITH made AS (INSERT INTO people_person (name, name_en, sex, ethnic_group, phone, address, version)"
            " SELECT 'P' || n, '', '0', '', '', '', 1 FROM generate_series(1, %s) n RETURNING id, name)"
            " INSERT INTO accounts_account (password, username, is_active, demo, created, person_id)"
            " SELECT %s, lower(name), true, false, now(), id FROM made",
            (people, password_hash),
        )
        for statement in (SESSIONS, GRANTS, TOKENS):
            connection.execute(statement)
        connection.execute("VACUUM ANALYZE")


class Party:
    """A relying party with a signed-in browser."""

    def __init__(self, house: House) -> None:
        self.house, self.browser, self.caller = house, Visitor(house.port), Caller(house.port)
        self.browser.sign_in("somebody")
        self.verifier = secrets.token_urlsafe(48)

    def code(self) -> str:
        digest = hashlib.sha256(self.verifier.encode()).digest()
        asked = {
            "response_type": "code", "client_id": self.house.client_id, "redirect_uri": CALLBACK,
            "scope": "openid profile", "code_challenge_method": "S256",
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
        }  # fmt: skip
        path = f"/oauth/authorize?{urlencode(asked)}"
        answer = answered(self.browser.connection, "GET", path, None, self.cookies())
        answer.read()
        return dict(parse_qsl(urlsplit(answer.headers["Location"]).query))["code"]

    def cookies(self) -> dict[str, str]:
        return {"Cookie": "; ".join(f"{name}={value}" for name, value in self.browser.cookies.items())}

    def exchange(self, code: str) -> dict[str, Any]:
        form = self.house.form(
            grant_type="authorization_code", code=code, redirect_uri=CALLBACK, code_verifier=self.verifier
        )
        return self.caller.ask("POST", "/oauth/token", form)

    def machine(self, _number: int = 0) -> dict[str, Any]:
        return self.caller.ask(
            "POST", "/oauth/token", self.house.form(grant_type="client_credentials", scope="reading")
        )


def measured(house: House) -> dict[str, float]:
    party, database = Party(house), postmaster(house.database)

    def of(work: Callable[[int], Any], **more: int) -> float:
        return cost(house.pid, database, work, **more)

    for _turn in range(10):
        party.exchange(party.code())
    found = {"client-credentials token": of(party.machine)}
    codes = [party.code() for _each in range(CODES)]
    found["code exchange"] = of(lambda number: party.exchange(codes[number]), times=CODES, warm_up=0)
    token = party.exchange(party.code())["access_token"]
    bearer = {"Authorization": f"Bearer {token}"}
    found["userinfo"] = of(lambda _number: party.caller.ask("GET", "/oauth/userinfo", None, **bearer))
    asked = house.form(token=token)
    found["introspection"] = of(lambda _number: party.caller.ask("POST", "/oauth/introspect", asked))
    found["sign-in page"] = (
        of(lambda _number: Visitor.page(stranger, "/accounts/login/"))
        if (stranger := Visitor(house.port))
        else 0
    )
    empty = Visitor(house.port)
    found["empty view `/healthz` (reference)"] = of(lambda _number: empty.page("/healthz"))
    return found


LIMITS = {"code exchange": 10.0, "userinfo": 2.0, "introspection": 2.0, "sign-in page": 8.0}


def limit(name: str) -> str:
    return f"≤ {LIMITS[name]:.0f} ms" if name in LIMITS else ""


# The opening of a term.


def opening_day(house: House, people: int = 1_000) -> list[Row]:
    """So many browsers sign in at once while an application asks for tokens, at the door for programs.

    The browsers live in a process of their own that gives way to the servers: in life they are other machines.
    """
    away = ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=give_way)
    with serving(house.data, WUTONG_DATABASE=house.database, WUTONG_WORKER="no") as programs, away as pool:
        party = Party(replace(house, port=port_of(programs)))
        idle = [timed(party) for _turn in range(1_000)]
        crowd, busy = pool.submit(rush, house, people), []
        while not crowd.done():
            busy.append(timed(party))
        inside, took = crowd.result()
    return [
        (f"{people} sign-ins at once: inside", f"{inside} of {people} in {took:.0f} s", "none lost"),
        (
            "token for a machine meanwhile, p99",
            f"{p99(busy):.1f} ms wall of {len(busy)}, {p99(idle):.1f} ms idle",
            "≤ 3 ×",
        ),
    ]


def give_way() -> None:
    """Nobody waits for this process."""
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


def rush(house: House, people: int) -> tuple[int, float]:
    """How many came in, and the seconds until the last was."""
    began = time.monotonic()
    with ThreadPoolExecutor(people) as browsers:
        inside = sum(browsers.map(partial(enter, house), range(1, people + 1)))
    return inside, time.monotonic() - began


def p99(seconds: list[float]) -> float:
    return 1000 * statistics.quantiles(seconds, n=100)[-1]


def timed(party: Party) -> float:
    """Seconds of one request after a pause: a process that slept takes longer to answer than one that never did."""
    time.sleep(0.02)
    began = time.monotonic()
    party.machine()
    return time.monotonic() - began


class Patient(Visitor):
    """Asks again over a new connection where the old one was closed, or the server has no room for the moment."""

    def ask(self, method: str, path: str, form: dict[str, str] | None = None) -> tuple[int, str]:
        for _attempt in range(20):
            try:
                status, body = super().ask(method, path, form)
                if status != 503:
                    return status, body
            except (OSError, HTTPException):
                self.connection.close()
            time.sleep(0.5)
        raise SystemExit(f"{path} was not answered")


def enter(house: House, number: int) -> bool:
    """A browser that keeps asking while it is told to wait."""
    browser = Patient(house.port)
    page, path = browser.page("/accounts/login/"), "/accounts/login/"
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    form = {"login": f"p{number}", "password": PASSWORD, "csrfmiddlewaretoken": token[1] if token else ""}
    for _turn in range(600):
        status, body = browser.ask("POST", path, form)
        if status == 302 and browser.location.startswith("/accounts/wait/"):
            path = "/accounts/wait/"
            body = browser.page(path)
        elif status == 302:
            return browser.ask("GET", "/")[0] == 200
        pause = re.search(r"every (\d+)s", body)
        time.sleep(int(pause[1]) if pause else 1)
    return False


def grown(name: str, people: int, many: float, few: float) -> Row:
    return f"{name}, {people:,} accounts", f"{many:.2f} ms, {many / few:.2f} ×", "≤ 1.2 ×"


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks openid", description=__doc__)
    parser.add_argument("--people", type=int, default=2_000_000)
    parser.add_argument("--without-peers", action="store_true")
    parser.add_argument("--opening-day", action="store_true")
    given = parser.parse_args(arguments)
    print(machine(), flush=True)
    rows: list[Row] = []
    with house(10_000) as small:
        few = measured(small)
        rows += opening_day(small) if given.opening_day else []
    rows += [(name, f"{value:.2f} ms", limit(name)) for name, value in few.items()]
    if given.people > 10_000:
        with house(given.people) as large:
            many = measured(large)
        rows += [
            (
                f"{name}, {given.people:,} accounts",
                f"{many[name]:.2f} ms, {many[name] / few[name]:.2f} ×",
                "≤ 1.2 ×",
            )
            for name in few
        ]
    rows += [] if given.without_peers else openid_peers.rows()
    print("\n| what | CPU | limit |\n| --- | --- | --- |")
    for row in rows:
        print(f"| {' | '.join(row)} |")
    return 0
