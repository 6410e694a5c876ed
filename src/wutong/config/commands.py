"""What each command does. Django is set up when this is imported."""

from __future__ import annotations

import argparse
import json
import os
import secrets
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import django
from django.conf import settings
from django.db import DatabaseError
from django.utils import timezone

django.setup()

from wutong.centres.identity.applications import api as applications  # noqa: E402  # likewise
from wutong.centres.identity.openid import api as openid  # noqa: E402  # likewise
from wutong.config import backup as copies  # noqa: E402  # models exist only after the set-up
from wutong.config import checks, prepare  # noqa: E402  # likewise
from wutong.config.archive import Refused  # noqa: E402  # likewise
from wutong.config.serving import serve_forever, work_forever  # noqa: E402  # likewise
from wutong.kernel.audit.chain import verify  # noqa: E402  # likewise
from wutong.kernel.errors import WutongError  # noqa: E402  # likewise
from wutong.kernel.module import REGISTRY  # noqa: E402  # likewise
from wutong.kernel.policy import SYSTEM  # noqa: E402  # likewise
from wutong.kernel.register.export import exported  # noqa: E402  # likewise
from wutong.kernel.register.importing import MOST_TOLD, Importer, Trouble, importer_of  # noqa: E402  # likewise
from wutong.kernel.register.runs import error_file  # noqa: E402  # likewise
from wutong.kernel.register.spec import Register  # noqa: E402  # likewise
from wutong.kernel.sheet.delimited import GENEROUS  # noqa: E402  # likewise
from wutong.platforms.learning.records import api as records  # noqa: E402  # likewise


def serve(given: argparse.Namespace) -> int:
    prepare.ready()
    prepare.collect_static()
    return serve_forever(settings.OPTION)


def worker(given: argparse.Namespace) -> int:
    prepare.ready()
    return work_forever()


def setup(given: argparse.Namespace) -> int:
    prepare.ready()
    return 0


def demo(given: argparse.Namespace) -> int:
    if sentence := prepare.holds_real_data():
        return refuse(sentence)
    prepare.ready(mark=False)
    password = given.password or secrets.token_urlsafe(9)
    began = time.monotonic()
    for module in REGISTRY:
        if module.demo:
            module.demo(seed=given.seed, password=password, say=print)
    for module in REGISTRY if given.scale != "town" else ():
        if module.grow:
            module.grow(seed=given.seed, scale=given.scale, say=partial(print, flush=True))
    prepare.counted()
    prepare.index(say=partial(print, flush=True))
    prepare.finished()
    print(f"演示城市已就绪 The demo city is ready ({time.monotonic() - began:.1f} s)")
    print(f"账号 accounts: {', '.join(prepare.DEMO_LOGINS)}")
    print(f"密码 password: {password}")
    return 0


def register_named(name: str) -> Register | None:
    try:
        return REGISTRY.register(name)
    except KeyError:
        names = ", ".join(register.name for register in REGISTRY.all("registers"))
        print(f"wutong: there is no register {name!r}; there are: {names}", file=sys.stderr)
        return None


def import_(given: argparse.Namespace) -> int:
    """Last line: the counts as JSON. 0 only if every row was taken."""
    register, path = register_named(given.register), Path(given.file)
    if register is None:
        return 2
    if not path.is_file():
        return refuse(f"there is no file {path}")
    prepare.ready()
    os.nice(10)  # pages come first: the load takes what they leave of the machine
    troubles: list[Trouble] = []
    try:
        mapping = json.loads(Path(given.mapping).read_text("utf-8")) if given.mapping else None
        with path.open("rb") as file:
            importer = importer_of(
                SYSTEM,
                register,
                file,
                filename=path.name,
                tell=lambda trouble: troubles.append(trouble) if len(troubles) < MOST_TOLD else None,
                at=timezone.now(),
                mapping=mapping,
                limits=GENEROUS,
            )
            report = importer.check() if given.dry_run else importer.load()
    except WutongError as error:
        return refuse(str(error))
    except (OSError, ValueError) as error:
        return refuse(f"{given.mapping or path}: {error}")
    except DatabaseError as error:
        return refuse(
            f"the database took no more ({' '.join(str(error).split())}). What it had taken stands and "
            "nothing is half done: mend that and give the same command again"
        )
    tell(troubles, given.errors, importer)
    print(json.dumps(report.counts))
    return 0 if report.clean else 1


def tell(troubles: list[Trouble], errors: str | None, importer: Importer) -> None:
    """The first problems into the file, the first few to the person, how many there are of each kind."""
    if errors:
        rows = ([t.row, t.column, t.value, t.rule, str(t.message), str(t.mend), t.refused] for t in troubles)
        Path(errors).write_bytes(error_file(rows).read())
    for header, name in importer.match.guessed.items():
        print(f"“{header}” → {name}？", file=sys.stderr)
    for trouble in sorted(troubles, key=lambda each: not each.refused)[:20]:
        kind = "×" if trouble.refused else "!"
        line = f"{kind} {trouble.row} {trouble.column} “{trouble.value}”: {trouble.message}{trouble.mend}"
        print(line, file=sys.stderr)
    count = importer.report.rules.total()
    if count > 20:
        more = f"… {count - 20} more"
        print(more if errors else f"{more}; --errors OUT.csv lists the first {MOST_TOLD}", file=sys.stderr)
    if count > len(troubles):
        for (rule, column, _refused), number in importer.report.rules.most_common():
            print(f"{number:>9} {rule} {column}", file=sys.stderr)


def export(given: argparse.Namespace) -> int:
    register, path = register_named(given.register), Path(given.file)
    if register is None:
        return 2
    kind = path.suffix.lower().lstrip(".")
    if kind not in ("csv", "xlsx"):
        return refuse("write the file name with .csv or .xlsx")
    prepare.ready()
    path.write_bytes(exported(register, SYSTEM, kind, {}).read())
    return 0


def client(given: argparse.Namespace) -> int:
    """The secret is printed here and nowhere again; a CAS client has none."""
    prepare.ready()
    try:
        made = applications.create_client_by_command(
            name=given.name,
            grant=given.grant,
            scopes=given.scope.split(),
            addresses=given.redirect_uri,
            organisation=given.organisation or "",
        )
    except WutongError as error:
        return refuse(str(error))
    print(json.dumps({"client_id": made.application.client_id, "client_secret": made.secret}))
    return 0


def xapi_key(given: argparse.Namespace) -> int:
    """The password is printed here and nowhere again."""
    prepare.ready()
    try:
        made = records.create_key_by_command(
            name=given.name, scopes=given.scope, organisation=given.organisation or ""
        )
    except WutongError as error:
        return refuse(str(error))
    print(json.dumps({"username": made.username, "password": made.password}))
    return 0


def records_history(given: argparse.Namespace) -> int:
    """A line for each day that was written, and the counts as the last one."""
    prepare.ready()
    found = {"days": 0, "written": 0, "rows": 0}
    for name, count, fresh in records.write_history(Path(given.folder), now=timezone.now()):
        found = {
            "days": found["days"] + 1,
            "written": found["written"] + fresh,
            "rows": found["rows"] + count.rows,
        }
        if fresh:
            print(f"{name}: {count.rows:,}", flush=True)
    print(json.dumps(found))
    return 0


def check(given: argparse.Namespace) -> int:
    if given.explain:
        return checks.explain(given.explain)
    problems = checks.problems()
    for problem in problems:
        print(f"× {problem}", file=sys.stderr)
    for warning in checks.warnings():
        print(f"! {warning}", file=sys.stderr)
    if not problems:
        print("✓ ok")
    return 1 if problems else 0


def audit(given: argparse.Namespace) -> int:
    verdict = verify()
    if verdict.broken is None:
        print(json.dumps({"entries": verdict.entries, "head": verdict.head}))
        return 0
    print(json.dumps({"broken": verdict.broken, "reason": verdict.reason}))
    print(
        f"wutong: the journal does not hold from entry {verdict.broken} on ({verdict.reason})",
        file=sys.stderr,
    )
    return 1


def keys(given: argparse.Namespace) -> int:
    prepare.ready()
    print(json.dumps({"keys": openid.rotate_keys(now=given.now)}))
    return 0


def backup(given: argparse.Namespace) -> int:
    return _copy(lambda: copies.backup(Path(given.file), recipient=given.recipient or ""))


def restore(given: argparse.Namespace) -> int:
    identity = Path(given.identity) if given.identity else None
    return _copy(lambda: copies.restore(Path(given.file), identity=identity))


def _copy(work: Callable[[], dict[str, Any]]) -> int:
    """Last line: what the copy is of, as JSON; its `head` is the one that `wutong audit verify` prints."""
    try:
        print(json.dumps(work()))
    except (Refused, OSError, DatabaseError) as error:
        return refuse(str(error))
    return 0


def refuse(sentence: str) -> int:
    print(f"wutong: {sentence}", file=sys.stderr)
    return 1


globals()["import"] = import_
