"""What can happen to a published folder, and what a verifier must say of it."""

import hashlib
import json
from collections.abc import Callable

from wutong.platforms.governance.admission.api import Seeds, conduct
from wutong.platforms.governance.admission.tests.runs import SEEDS, a_publication, a_run

Files = dict[str, bytes]


def swap(name: str, old: str, new: str) -> Callable[[Files], Files]:
    def done(files: Files) -> Files:
        assert old.encode() in files[name], (name, old)
        return {**files, name: files[name].replace(old.encode(), new.encode(), 1)}

    return done


def cut(name: str, *, lines: int = 0, characters: int = 0) -> Callable[[Files], Files]:
    def done(files: Files) -> Files:
        kept = b"".join(files[name].splitlines(keepends=True)[: -lines or None])
        return {**files, name: kept[: -characters or None]}

    return done


def without(name: str) -> Callable[[Files], Files]:
    return lambda files: {key: data for key, data in files.items() if key != name}


def beside(name: str, data: bytes) -> Callable[[Files], Files]:
    return lambda files: {**files, name: data}


def resigned(change: Callable[[dict], None]) -> Callable[[Files], Files]:
    """By somebody who can also forge what the witnesses signed."""

    def done(files: Files) -> Files:
        record = json.loads(files["record.json"])
        change(record)
        data = json.dumps(record, ensure_ascii=False).encode()
        witnesses = [{"name": "x", "role": "x", "signed_at": "x", "signs": hashlib.sha256(data).hexdigest()}]
        return {**files, "record.json": data, "witnesses.json": json.dumps(witnesses).encode()}

    return done


def inside_list(files: Files) -> Files:
    """As an officer would see it: with a column of names."""
    rows = files["applicants.csv"].decode().splitlines()
    return {**files, "applicants.csv": "".join(f"{row},{'name' if not n else '某某'}\n" for n, row in enumerate(rows)).encode()}  # fmt: skip


def rehearsal(files: Files) -> Files:
    seeds = Seeds(city_seed=SEEDS.city_seed, public_seed=SEEDS.public_seed, kind="rehearsal")
    return dict(conduct(a_run(seeds=seeds)).files)


def relabelled_rehearsal(files: Files) -> Files:
    return resigned(lambda record: record.update(kind="final"))(rehearsal(files))


FIRST = a_publication()["order.csv"].decode().splitlines()[1]
LAST = a_publication()["order.csv"].decode().splitlines()[-1]
# What happened: what is done to the files, the code of the verdict, the file that it names.
TAMPERED: dict[str, tuple[Callable[[Files], Files], str, str]] = {
    "no order": (without("order.csv"), "missing", "order.csv"),
    "no record": (without("record.json"), "missing", "record.json"),
    "a file from inside": (beside("names.csv", b"number,name\n"), "foreign", "names.csv"),
    "a list from inside": (inside_list, "leaked", "applicants.csv"),
    "before the witnesses signed": (without("witnesses.json"), "unsigned", ""),
    "an empty list of witnesses": (beside("witnesses.json", b"[]\n"), "unsigned", ""),
    "a rehearsal": (rehearsal, "rehearsal", ""),
    "a rehearsal with its stamp taken off": (relabelled_rehearsal, "seed", ""),
    "order cut between lines": (cut("order.csv", lines=3), "truncated", "order.csv"),
    "order cut in a line": (cut("order.csv", lines=3, characters=9), "truncated", "order.csv"),
    "order without its last end of line": (cut("order.csv", characters=1), "truncated", "order.csv"),
    "applicants cut": (cut("applicants.csv", lines=1), "truncated", "applicants.csv"),
    "plan cut in a character": (cut("plan.csv", lines=1, characters=17), "truncated", "plan.csv"),
    "record cut": (cut("record.json", characters=40), "unreadable", "record.json"),
    "order is no text": (beside("order.csv", b"\xff\xfe"), "unreadable", "order.csv"),
    "a seat more": (swap("plan.csv", "·走读,9", "·走读,8"), "edited", "plan.csv"),
    "another applicant": (swap("applicants.csv", "20260030", "20260099"), "edited", "applicants.csv"),
    "a twin unbound": (swap("applicants.csv", "20260002,20260001", "20260002,"), "edited", "applicants.csv"),
    "somebody made to win": (swap("order.csv", "waiting", "admitted"), "wrong", "order.csv"),
    "another ticket": (swap("order.csv", FIRST.split(",")[3], "0" * 64), "wrong", "order.csv"),
    "two swapped": (swap("order.csv", FIRST + "\n", ""), "wrong", "order.csv"),
    "a line too many": (swap("order.csv", LAST, f"{LAST}\n{LAST}"), "wrong", "order.csv"),
    "another title": (swap("record.json", "演示", "正式"), "record_edited", ""),
    "another public seed": (resigned(lambda record: record.update(public_seed="x")), "seed", ""),
    "another city seed": (resigned(lambda record: record.update(city_seed="x")), "commit", ""),
    "a list frozen after the public seed": (resigned(lambda record: record.update(frozen_at=record["drawn_at"])), "times", ""),
    "a record without seeds": (resigned(lambda record: record.pop("city_seed")), "unreadable", "record.json"),
    "a freed seat to a friend": (swap("freed.csv", ",2,20260001,", ",2,20260001,20260040"), "wrong", "freed.csv"),
    "a seat freed by a stranger": (swap("freed.csv", "20260001", "20269999"), "wrong", "freed.csv"),
}  # fmt: skip


def forged(files: Files) -> Files:
    """All of it made again around one more applicant: only the values announced before the draw tell."""
    draws = a_run().draws
    more = a_run(draws=(draws[0], draws[1], draws[2].__class__(school=draws[2].school, applications=(*draws[2].applications, "20269999"), seats=20), draws[3]))  # fmt: skip
    conducted = conduct(more)
    witnesses = [{"name": "x", "role": "x", "signed_at": "x", "signs": conducted.record_digest}]
    return {**conducted.files, "witnesses.json": json.dumps(witnesses).encode()}
