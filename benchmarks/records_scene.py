"""Puts statements into the store for `benchmarks.records`, by the same way as the interface, a thousand at a time.

python -m benchmarks.records_scene key            makes a key and prints it as JSON
python -m benchmarks.records_scene fill N LEARNERS SEED    writes N statements about so many
"""

import random
import sys
from typing import Any

import django

django.setup()

from msgspec import json  # noqa: E402

from benchmarks.lessons import statement  # noqa: E402
from wutong.kernel.people.queries import root  # noqa: E402
from wutong.kernel.policy import SYSTEM  # noqa: E402
from wutong.platforms.learning.records.actions import create_key, new_secret  # noqa: E402
from wutong.platforms.learning.records.door.credentials import caller_of  # noqa: E402
from wutong.platforms.learning.records.models import Key  # noqa: E402
from wutong.platforms.learning.records.store.preparing import prepare  # noqa: E402
from wutong.platforms.learning.records.store.writing import append  # noqa: E402
from wutong.platforms.learning.records.xapi.statement import check  # noqa: E402

BATCH = 1_000


def key() -> dict[str, str]:
    secret = new_secret()
    made = create_key(SYSTEM, root(), name="benchmark", scopes=["all"], secret=secret)
    return {"username": made.username, "secret": secret}


def fill(number: int, learners: int, seed: int) -> None:
    rng = random.Random(seed)
    caller = caller_of(Key.objects.unscoped("benchmark").get())

    def make() -> Any:
        said = [statement(rng, learners) for _each in range(BATCH)]
        for each in said:
            check(each, 1)
        return prepare(caller.tenant, caller.authority, said, major=1, defines=True)

    for _batch in range(number // BATCH):
        append(make)


if __name__ == "__main__":
    if sys.argv[1] == "key":
        sys.stdout.buffer.write(b"\n" + json.encode(key()) + b"\n")
    else:
        fill(*map(int, sys.argv[2:]))
