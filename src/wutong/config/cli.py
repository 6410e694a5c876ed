"""The `wutong` command. Each sub-command is one function below; contracts are in docs/commands.md."""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from wutong import __version__
from wutong.config.options import OPTIONS

MATCH_METHODS = (
    "deferred-acceptance", "top-trading-cycles", "immediate-acceptance", "serial-dictatorship", "lottery",
)  # fmt: skip
Commands = Any  # argparse keeps the type of its sub-commands private


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit codes: 0 done, 1 not (all) done and said why, 2 wrong usage."""
    given = parser().parse_args(arguments)
    for option in OPTIONS:
        value = getattr(given, option.name, None)
        if value is not None:
            os.environ[option.variable] = str(value)
    if given.command == "options":
        return list_options()
    if given.command == "match":
        return match(given)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wutong.config.settings")
    from wutong.config import commands  # noqa: PLC0415  # settings are read on import: the options come first

    try:
        return int(getattr(commands, given.command.replace("-", "_"))(given) or 0)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        return 0


def list_options() -> int:
    """Without Django: who only asks what can be set has no data folder made."""
    for option in OPTIONS:
        print(f"{option.variable:18} {option.kind.__name__:6} {option.default or '-':22} {option.sentence}")
    return 0


def match(given: argparse.Namespace) -> int:
    """Without Django: a calculation from file to file. A city's lists hold no circles to look for."""
    from wutong.platforms.governance.admission import api  # noqa: PLC0415  # other commands need not wait for it

    gc.disable()
    try:
        remarks = api.match_files(given.method, Path(given.source), Path(given.target))
    except api.AdmissionError as error:
        print(f"wutong: {error}", file=sys.stderr)
        return 1
    finally:
        gc.enable()
    for remark in remarks:
        print(f"wutong: note: {remark}", file=sys.stderr)
    return 0


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="wutong", description="梧桐: the software of a city's education.")
    top.add_argument("--version", action="version", version=__version__)
    top.add_argument("--data", help="folder that holds everything (default ./var)")
    top.add_argument("--database", help="sqlite, or a postgresql:// address")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for add in (_serving, _tables, _clients, _keys, _copies, _checks, _calculations):
        add(commands)
    return top


def _command(commands: Commands, name: str, help: str) -> argparse.ArgumentParser:
    made = commands.add_parser(name, help=help, description=help)
    made.add_argument(
        "--data", default=argparse.SUPPRESS, help="folder that holds everything (default ./var)"
    )
    return made


def _serving(commands: Commands) -> None:
    serve = _command(commands, "serve", "serve pages and do background work")
    serve.add_argument("--host")
    serve.add_argument("--port", type=int)
    _command(commands, "worker", "do background work only, for a second process")
    _command(commands, "setup", "prepare the data folder: tables, code sets, the city and its districts")
    demo = _command(commands, "demo", "make a believable, deterministic demo city")
    demo.add_argument("--scale", choices=("town", "district", "city"), default="town")
    demo.add_argument("--seed", type=int, default=2026)
    demo.add_argument("--password", help="for all demo accounts (default: one is generated)")


def _tables(commands: Commands) -> None:
    read = _command(commands, "import", "load a CSV or XLSX sheet into a register")
    read.add_argument("register")
    read.add_argument("file")
    read.add_argument("--dry-run", action="store_true", help="say what would happen and change nothing")
    read.add_argument("--errors", metavar="OUT.csv", help="write every problem with how to mend it")
    read.add_argument("--mapping", metavar="M.json", help='{"header in the file": "column"}')
    write = _command(commands, "export", "write a register to a CSV or XLSX sheet")
    write.add_argument("register")
    write.add_argument("file")


def _clients(commands: Commands) -> None:
    client = _command(commands, "client", "applications that stand behind the centre")
    client.add_argument("what", choices=("create",))
    client.add_argument("--name", required=True, help="what people call the application")
    client.add_argument("--grant", required=True, choices=("client_credentials", "authorization_code", "cas"))
    client.add_argument("--scope", default="", help="what it may ask for, with blanks between")
    client.add_argument(
        "--redirect-uri",
        action="append",
        default=[],
        help="where answers go, may be repeated; with cas the prefix of the service address",
    )
    client.add_argument("--organisation", metavar="CODE", help="whose it is (default: the city)")


def _keys(commands: Commands) -> None:
    key = _command(commands, "xapi-key", "let learning software into the learning record store")
    key.add_argument("what", choices=("create",))
    key.add_argument("--name", required=True)
    key.add_argument("--scope", required=True, action="append", help="what it may do; may be given again")
    key.add_argument("--organisation", metavar="CODE", help="whose store (default: the city's)")


def _copies(commands: Commands) -> None:
    history = _command(
        commands, "records-history", "learning records of past days as Parquet, for a warehouse"
    )
    history.add_argument("folder")
    write = _command(commands, "backup", "copy the whole house into one file, while it serves")
    write.add_argument("file")
    write.add_argument("--recipient", metavar="AGE1…", help="encrypt for this age public key")
    read = _command(commands, "restore", "put a backup into an empty data folder")
    read.add_argument("file")
    read.add_argument(
        "--identity", metavar="KEYFILE", help="file with the age secret key of an encrypted backup"
    )


def _checks(commands: Commands) -> None:
    check = _command(commands, "check", "say what is wrong with this house and how to mend it")
    check.add_argument("--explain", metavar="MODULE", help="print what a module adds")
    audit = _command(commands, "audit", "the journal")
    audit.add_argument("what", choices=("verify",))
    keys = _command(commands, "keys", "the keys that sign for applications")
    keys.add_argument("what", choices=("rotate",))
    keys.add_argument("--now", action="store_true", help="they may be stolen: believe nothing signed so far")
    _command(commands, "options", "list every option: type, default, one sentence")


def _calculations(commands: Commands) -> None:
    match = _command(commands, "match", "match students with schools, or draw lots; needs no data folder")
    match.add_argument("--method", required=True, choices=MATCH_METHODS)
    match.add_argument("source", metavar="IN.json")
    match.add_argument("target", metavar="OUT.json")
