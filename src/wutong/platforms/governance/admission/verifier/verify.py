"""核对公布的电脑随机录取结果 · Checks a published lottery from its files alone.

    python verify.py FOLDER [--commit HEX] [--plan HEX] [--applicants HEX] [--find NUMBER]

Needs Python 3.10 or newer and nothing else; asks no network. Give --commit, --plan and --applicants the values that
were announced before the draw, as you noted them then; --find shows one application's ticket and rank.
Exit codes: 0 everything is as it must be, 1 something is not, 2 wrong usage.
"""

import argparse
import hashlib
import json
import sys
from datetime import datetime
from itertools import chain
from pathlib import Path

COLUMNS = {
    "plan.csv": "school,seats,group_policy",
    "applicants.csv": "school,application_no,group",
    "order.csv": "school,rank,application_no,ticket,result",
    "freed.csv": "school,step,freed,given",
}
NEEDED = ("record.json", "plan.csv", "applicants.csv", "order.csv")
TIMES = ("committed_at", "frozen_at", "fixed_at", "drawn_at")
SENTENCES = {
    "missing": ("缺少 {file}：请重新下载全部文件。", "{file} is missing: download all files again."),
    "foreign": (
        "{file} 不属于公布的文件：这个文件夹不是（或不全是）公布的内容。",
        "{file} is no part of a publication: this folder is not, or not only, what was published.",
    ),
    "leaked": (
        "{file} 含有从不公布的列（{columns}）：这不是公布的名单，可能是泄露的内部名单。",
        "{file} has columns that are never published ({columns}): it is not the published list, perhaps a leaked one.",
    ),
    "rehearsal": ("这是演练，不是录取结果。", "This is a rehearsal, not a result."),
    "unsigned": (
        "没有见证人签署：这次运行没有公布，文件可能是提前泄露的。",
        "No witness has signed: this run was not published; the files may have leaked.",
    ),
    "truncated": (
        "{file} 不完整（{there} 行，应为 {lines} 行）：请重新下载。",
        "{file} is incomplete ({there} of {lines} lines): download it again.",
    ),
    "unreadable": ("{file} 不完整或已损坏：请重新下载。", "{file} is cut off or damaged: download it again."),
    "edited": (
        "{file} 被改动过：它的摘要与运行记录不符。",
        "{file} was changed: its digest is not the one in the record.",
    ),
    "record_edited": (
        "record.json 在 {name} 签署之后被改动过。",
        "record.json was changed after {name} had signed it.",
    ),
    "announced": (
        "{what} 与您记下的公告值不符：公告之后被换过。",
        "{what} is not what you noted from the announcement: it was exchanged afterwards.",
    ),
    "wrong": (
        "{file} 第 {line} 行不对：应为“{right}”，实为“{there}”。",
        "{file}, line {line} is wrong: it must read “{right}” and reads “{there}”.",
    ),
    "commit": (
        "市级种子与事先公布的承诺值不符。",
        "The city seed does not match the commitment made before.",
    ),
    "seed": ("种子不是由两个种子算出的。", "The seed was not computed from the two seeds."),
    "times": (
        "各步骤的时间次序不对：公共种子必须在名单冻结之后产生。",
        "The steps are in the wrong order: the public seed must come after the list is frozen.",
    ),
    "unknown": ("没有报名号 {number}。", "There is no application {number}."),
}


class Wrong(Exception):
    def __init__(self, code, **facts):
        self.code, self.facts = code, facts
        super().__init__(" ".join(each.format(**facts) for each in SENTENCES[code]))


def check(files, announced=None):
    """`files`: name to bytes. Returns the record, or raises Wrong."""
    try:
        return _check(files, announced or {})
    except (AttributeError, KeyError, TypeError, ValueError):
        raise Wrong("unreadable", file="record.json") from None


def _check(files, announced):
    for name in NEEDED:
        if name not in files:
            raise Wrong("missing", file=name)
    for name in sorted(files):
        if name.endswith((".csv", ".json")) and name not in (*COLUMNS, "record.json", "witnesses.json"):
            raise Wrong("foreign", file=name)
    for name in COLUMNS:
        check_columns(name, files)
    record = read_json("record.json", files)
    if record.get("kind") != "final":
        raise Wrong("rehearsal")
    hashed = digest_of(record.get("digest"))
    check_witnesses(files, hashed)
    check_seeds(record, hashed)
    for name in ("plan.csv", "applicants.csv"):
        check_file(name, files, record, hashed)
    check_announced(record, announced)
    draws = read_draws(files)
    orders: dict = {}
    compare("order.csv", files, recompute(draws, record["seed"], hashed, orders))
    check_file("order.csv", files, record, hashed)
    if "freed.csv" in files:
        compare("freed.csv", files, refill(files, draws, orders))
    return record


def check_columns(name, files):
    """More columns than are ever published: a list from inside."""
    if name not in files:
        return
    there = text(name, files).split("\n", 1)[0].strip().split(",")
    more = [each for each in there if each not in COLUMNS[name].split(",")]
    if more and len(there) > COLUMNS[name].count(",") + 1:
        raise Wrong("leaked", file=name, columns=", ".join(more))


def text(name, files):
    try:
        return files[name].decode("utf-8")
    except UnicodeDecodeError:
        raise Wrong("unreadable", file=name) from None


def read_json(name, files):
    try:
        found = json.loads(text(name, files))
    except ValueError:
        raise Wrong("unreadable", file=name) from None
    if name == "record.json" and not (isinstance(found, dict) and isinstance(found.get("files"), dict)):
        raise Wrong("unreadable", file=name)
    return found


def digest_of(name):
    """SHA-256 or SM3, of bytes, in lower-case hex."""
    if name == "sha256":
        return lambda data: hashlib.sha256(data).hexdigest()
    if name == "sm3":
        if "sm3" in hashlib.algorithms_available:
            return lambda data: hashlib.new("sm3", data).hexdigest()
        return sm3
    raise Wrong("unreadable", file="record.json")


def check_witnesses(files, hashed):
    signed = read_json("witnesses.json", files) if "witnesses.json" in files else []
    if not signed:
        raise Wrong("unsigned")
    for each in signed:
        if each.get("signs") != hashed(files["record.json"]):
            raise Wrong("record_edited", name=each.get("name"))


def check_seeds(record, hashed):
    city, public = record["city_seed"].encode(), record["public_seed"].encode()
    times = [datetime.fromisoformat(record[name]) for name in TIMES]
    if record.get("commit") != hashed(city):
        raise Wrong("commit")
    if record.get("seed") != hashed(city + public):
        raise Wrong("seed")
    if times != sorted(times) or times[1] == times[2]:
        raise Wrong("times")


def check_file(name, files, record, hashed):
    said, data = record["files"].get(name, {}), files[name]
    there = data.count(b"\n")
    if there < said.get("lines", 0):
        raise Wrong("truncated", file=name, there=there, lines=said["lines"])
    if hashed(data) != said.get("digest"):
        raise Wrong("edited", file=name)


def check_announced(record, announced):
    found = {"commit": record["commit"]}
    found.update((name[:-4], record["files"][name]["digest"]) for name in ("plan.csv", "applicants.csv"))
    for what, value in announced.items():
        if value and value.strip().lower() != found[what]:
            raise Wrong("announced", what=what)


def read_draws(files):
    """By school: seats, policy, and by number the group it is bound in ("" alone)."""
    draws: dict = {}
    for school, seats, policy in lines(files, "plan.csv"):
        draws[school] = (int(seats), policy, {})
    for school, number, group in lines(files, "applicants.csv"):
        draws[school][2][number] = group
    return draws


def lines(files, name):
    return (line.split(",") for line in text(name, files).split("\n")[1:-1])


def recompute(draws, seed, hashed, orders):
    """The lines that order.csv must have; `orders` is filled with the numbers of each school in order."""
    for school in sorted(draws):
        seats, policy, group = draws[school]
        tickets = {number: hashed(f"{seed}|{school}|{group[number] or number}".encode()) for number in group}
        orders[school] = order = [number for _t, number in sorted((tickets[each], each) for each in group)]
        admitted = fill(order, group, seats, policy, set(), set())
        for rank, number in enumerate(order, 1):
            result = "admitted" if number in admitted else "waiting"
            yield f"{school},{rank},{number},{tickets[number]},{result}"


def fill(order, group, seats, policy, held, gone):
    """Who is newly seated, down the order, beside those who hold a seat and without those who gave up."""
    seated, free = [], seats - len(held)
    position = 0
    while position < len(order) and free > 0:
        unit = [order[position]]
        while group[unit[0]] and position + 1 < len(order) and group[order[position + 1]] == group[unit[0]]:
            position += 1
            unit.append(order[position])
        position += 1
        waiting = [number for number in unit if number not in held and number not in gone]
        if len(waiting) > free and policy != "over_plan":
            waiting = waiting[:free] if policy == "split" else []
        seated += waiting
        free -= len(waiting)
    return set(seated)


def refill(files, draws, orders):
    """The lines that freed.csv must have: each freed seat goes on down the recorded order."""
    states: dict = {}
    for line, found in enumerate(lines(files, "freed.csv"), 2):
        school, freed = found[0], found[2] if len(found) == 4 else ""
        order = orders.get(school, [])
        seats, policy, group = draws.get(school, (0, "", {}))
        held, gone = states.setdefault(school, (fill(order, group, seats, policy, set(), set()), []))
        if freed not in group or freed in gone:
            raise Wrong("wrong", file="freed.csv", line=line, right="…", there=",".join(found))
        gone.append(freed)
        held.discard(freed)
        given = fill(order, group, seats, policy, held, gone)
        held |= given
        moved = " ".join(number for number in order if number in given)
        yield f"{school},{len(gone)},{freed},{moved}"


def compare(name, files, right):
    """Line by line with what must stand there; the file ends with an end of line."""
    there = text(name, files).split("\n")
    wanted = chain([COLUMNS[name]], right, [""])
    for number, line in enumerate(wanted, 1):
        one = there[number - 1] if number <= len(there) else ""
        if one != line and number >= len(there) and line.startswith(one):
            raise Wrong(
                "truncated", file=name, there=len(there) - 1, lines=number + sum(1 for _rest in wanted) - 1
            )
        if one != line:
            raise Wrong("wrong", file=name, line=number, right=line, there=one)
    if len(there) > number:
        raise Wrong("wrong", file=name, line=number, right="", there=there[number - 1])


def sm3(data):
    """GB/T 32905-2016, for Pythons whose OpenSSL lacks it."""
    mask = 0xFFFFFFFF
    turn = lambda x, n: ((x << n % 32) | (x & mask) >> (32 - n % 32)) & mask  # noqa: E731
    state = [
        0x7380166F, 0x4914B2B9, 0x172442D7, 0xDA8A0600, 0xA96F30BC, 0x163138AA, 0xE38DEE4D, 0xB0FB0E4E,
    ]  # fmt: skip
    padded = data + b"\x80" + bytes((55 - len(data)) % 64) + (8 * len(data)).to_bytes(8, "big")
    for start in range(0, len(padded), 64):
        w = [int.from_bytes(padded[start + 4 * i : start + 4 * i + 4], "big") for i in range(16)]
        for i in range(16, 68):
            x = w[i - 16] ^ w[i - 9] ^ turn(w[i - 3], 15)
            w.append(x ^ turn(x, 15) ^ turn(x, 23) ^ turn(w[i - 13], 7) ^ w[i - 6])
        a, b, c, d, e, f, g, h = state
        for i in range(64):
            constant = 0x79CC4519 if i < 16 else 0x7A879D8A
            one = turn((turn(a, 12) + e + turn(constant, i)) & mask, 7)
            most = a ^ b ^ c if i < 16 else a & b | a & c | b & c
            pick = e ^ f ^ g if i < 16 else e & f | ~e & mask & g
            two = (most + d + (one ^ turn(a, 12)) + (w[i] ^ w[i + 4])) & mask
            x = (pick + h + one + w[i]) & mask
            a, b, c, d, e, f, g, h = two, a, turn(b, 9), c, x ^ turn(x, 9) ^ turn(x, 17), e, turn(f, 19), g
        state = [x ^ y for x, y in zip(state, (a, b, c, d, e, f, g, h), strict=True)]
    return "".join(f"{x:08x}" for x in state)


def report(record, files, find):
    """What was checked, and what only the reader can compare: the values announced before the draw."""
    rows = [each.split(",") for each in text("order.csv", files).split("\n") if find and f",{find}," in each]
    if find and not rows:
        raise Wrong("unknown", number=find)
    count, admitted = record["files"]["order.csv"]["lines"] - 1, files["order.csv"].count(b",admitted\n")
    yield f"✓ 核对无误：{record['title']}。 Everything is as it must be."
    yield f"  报名 applications {count} · 录取 admitted {admitted}"
    yield "  请与抽签前的公告比较 Compare with what was announced before the draw:"
    yield f"    commit      {record['commit']}  {record['committed_at']}"
    for name in ("plan", "applicants"):
        yield f"    {name:11} {record['files'][name + '.csv']['digest']}  {record['frozen_at']}"
    yield f"    public seed {record['public_seed']}  {record['fixed_at']}  {record['public_source']}"
    for school, rank, number, ticket, result in rows:
        yield f"  {number}  {school}  {rank} {ticket}  {result}"


def main(arguments=None):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder")
    for name in ("commit", "plan", "applicants"):
        parser.add_argument("--" + name, metavar="HEX")
    parser.add_argument("--find", metavar="NUMBER")
    given = parser.parse_args(arguments)
    folder = Path(given.folder)
    if not folder.is_dir():
        parser.error(f"没有这个文件夹 there is no folder {folder}")
    files = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    try:
        announced = {name: getattr(given, name) for name in ("commit", "plan", "applicants")}
        record = check(files, announced)
        said = list(report(record, files, given.find))
    except Wrong as wrong:
        sys.stderr.write(f"✗ {wrong}\n")
        return 1
    sys.stdout.write("".join(f"{line}\n" for line in said))
    return 0


if __name__ == "__main__":
    sys.exit(main())
