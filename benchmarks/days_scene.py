"""Lays down families for `benchmarks.days`: some signed in and about to register, others whose results were told."""

import random
import sys
from datetime import timedelta
from typing import Any

import django

django.setup()

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # noqa: E402
from django.contrib.sessions.backends.db import SessionStore  # noqa: E402
from django.contrib.sessions.models import Session  # noqa: E402
from django.utils import timezone  # noqa: E402
from msgspec import json  # noqa: E402

from benchmarks.families import CHUNK, DAY, District, prepare  # noqa: E402
from wutong.centres.identity.accounts.models import Account, BrowserSession  # noqa: E402
from wutong.centres.identity.accounts.sessions import KEY  # noqa: E402
from wutong.kernel.people.models import Person  # noqa: E402
from wutong.platforms.governance.enrolment import results  # noqa: E402
from wutong.platforms.governance.enrolment.models import Result  # noqa: E402

SLIPS = 8_000


def sessions(people: list[Person]) -> list[str]:
    """Each signed in an hour ago; the keys of the sessions."""
    at = timezone.now() - timedelta(hours=1)
    accounts = Account.objects.bulk_create(
        [Account(person=one, username=f"f{one.pk}", password="!", created=at) for one in people],
        batch_size=CHUNK,
    )
    opened = BrowserSession.objects.bulk_create(
        [
            BrowserSession(
                account=one, auth_time=at, amr=["pwd"], acr="urn:wutong:acr:password", created=at,
                last_seen=timezone.now() + DAY, device="", address="",
            )
            for one in accounts
        ],
        batch_size=CHUNK,
    )  # fmt: skip
    store, rows = SessionStore(), []
    for account, session in zip(accounts, opened, strict=True):
        kept = {
            SESSION_KEY: str(account.pk),
            BACKEND_SESSION_KEY: "wutong.centres.identity.accounts.arrival.Backend",
            HASH_SESSION_KEY: account.get_session_auth_hash(),
            KEY: session.sid,
        }
        key = store._get_new_session_key()
        rows.append(Session(session_key=key, session_data=store.encode(kept), expire_date=at + 14 * DAY))
    Session.objects.bulk_create(rows, batch_size=CHUNK)
    return [row.session_key for row in rows]


def scene(families: int) -> dict[str, Any]:
    prepare()
    opening = District(0, families, random.Random(0), opens=timezone.now() - DAY, applied=False)
    keys = sessions(opening.guardians)
    told = District(1, SLIPS, random.Random(1))
    for run in told.runs().values():
        run()
    results.prepare_results(told.window.pk)
    written = Result.objects.unscoped("benchmark").select_related("application")
    numbers = [row.application.number for row in written]
    return {
        "families": [(c.pk, opening.window.pk, key) for c, key in zip(opening.children, keys, strict=True)],
        "slips": [(f"/enrolment/r/{number}/{results.code_of(number)}/", number) for number in numbers],
    }


if __name__ == "__main__":
    sys.stdout.buffer.write(b"\n" + json.encode(scene(int(sys.argv[1]))) + b"\n")
