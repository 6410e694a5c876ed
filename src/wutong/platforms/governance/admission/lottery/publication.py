"""The files of a lottery: what is frozen before, recorded by the run, signed by witnesses and published.

| file | holds | columns |
| --- | --- | --- |
| plan.csv | every draw, frozen | school, seats, group_policy |
| applicants.csv | every application, frozen | school, application_no, group |
| order.csv | every ticket, in order | school, rank, application_no, ticket, result |
| freed.csv | seats given up since, if any | school, step, freed, given |
| record.json | seeds, times, digests of the three files | |
| witnesses.json | who signed which digest of record.json | |

CSV here is UTF-8 without a mark, lines end in LF, nothing is quoted, so that a file has one form only; rows stand in
the order of school and number, by code points. `group` is the smallest number of a bound group. The digests of
plan.csv and applicants.csv are announced before the public seed is fixed.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from typing import Any, Final

from wutong.platforms.governance.admission.lottery.draw import (
    DigestName,
    Draw,
    Drawn,
    Seeds,
    digest,
    draw_lots,
)
from wutong.platforms.governance.admission.lottery.seating import Step, successions
from wutong.platforms.governance.admission.problems import AdmissionError

FORMAT: Final = "wutong-lottery-1"
_UNFIT: Final = re.compile(r'[,"\x00-\x1f\x7f\u2028\u2029\ud800-\udfff]|^\s|\s$|^$')
_NUMBER: Final = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True, kw_only=True)
class Frozen:
    """The plan and the applicant list as nobody may change them any more."""

    plan: bytes
    applicants: bytes

    def digests(self, name: DigestName = "sha256") -> dict[str, str]:
        return {"plan.csv": digest(self.plan, name), "applicants.csv": digest(self.applicants, name)}


def freeze(draws: Iterable[Draw]) -> Frozen:
    """The same bytes for any order of the input."""
    ordered = sorted(draws, key=lambda draw: draw.school)
    for one, next_one in zip(ordered, ordered[1:], strict=False):
        if one.school == next_one.school:
            raise AdmissionError("draw_twice", f"{one.school} draws twice", school=one.school)
    plan = (f"{draw.school},{draw.seats},{draw.group_policy}" for draw in ordered)
    applicants = (line for draw in ordered for line in _applicants(draw))
    return Frozen(
        plan=_csv("school,seats,group_policy", plan),
        applicants=_csv("school,application_no,group", applicants),
    )


def _applicants(draw: Draw) -> Iterator[str]:
    school = fit(draw.school, "school")
    holder = {member: min(group) for group in draw.groups for member in group if len(group) > 1}
    for number in sorted(draw.applications):
        yield f"{school},{fit(number, 'application_no')},{holder.get(number, '')}"


def fit(text: str, what: str) -> str:
    """A name or number that needs no quoting in a file that everybody reads the same way."""
    if what == "application_no" and _NUMBER.fullmatch(text):
        return text
    if _UNFIT.search(text) or (what == "application_no" and " " in text):
        sentence = (
            f"{what} {text!r} cannot be published: take out commas, quotation marks, line breaks and spaces"
        )
        raise AdmissionError("unfit", sentence, what=what, text=text)
    return text


def _csv(columns: str, lines: Iterable[str]) -> bytes:
    return "\n".join(chain([columns], lines, [""])).encode()


@dataclass(frozen=True, kw_only=True)
class Run:
    """One run over all draws of a district and round. `announced` are the digests published at `frozen_at`.

    `public_source` says where anybody can look the public seed up. Times carry their zone.
    """

    title: str
    seeds: Seeds
    draws: tuple[Draw, ...]
    announced: Mapping[str, str]
    announced_commit: str
    public_source: str
    committed_at: datetime
    frozen_at: datetime
    fixed_at: datetime
    drawn_at: datetime
    software: str

    @property
    def times(self) -> tuple[datetime, ...]:
        return self.committed_at, self.frozen_at, self.fixed_at, self.drawn_at


@dataclass(frozen=True, kw_only=True)
class Conducted:
    """`files` are plan.csv, applicants.csv, order.csv and record.json; not yet signed, not for publication."""

    run: Run
    drawn: tuple[Drawn, ...]
    files: Mapping[str, bytes] = field(repr=False)

    @property
    def record_digest(self) -> str:
        """What the witnesses sign."""
        return digest(self.files["record.json"], self.run.seeds.digest)


def conduct(run: Run) -> Conducted:
    """Raises AdmissionError if anything differs from what was announced, or if a step came too early."""
    frozen = freeze(run.draws)
    if run.announced_commit != run.seeds.commit:
        raise AdmissionError("commit", "this city seed is not the one that was committed to")
    for name, value in frozen.digests(run.seeds.digest).items():
        if run.announced.get(name) != value:
            raise AdmissionError("changed", f"{name} is not the one that was announced as frozen", file=name)
    times = [datetime.fromisoformat(_time(at)) for at in run.times]
    if times != sorted(times) or times[1] == times[2]:
        sentence = (
            "the city seed is committed, then the list frozen, then the public seed fixed, then lots drawn"
        )
        raise AdmissionError("too_early", sentence)
    drawn = tuple(draw_lots(draw, run.seeds) for draw in sorted(run.draws, key=lambda draw: draw.school))
    files = {"plan.csv": frozen.plan, "applicants.csv": frozen.applicants, "order.csv": _order(drawn)}
    return Conducted(run=run, drawn=drawn, files={**files, "record.json": _record(run, files)})


def _order(drawn: Iterable[Drawn]) -> bytes:
    return _csv("school,rank,application_no,ticket,result", (line for each in drawn for line in _ranks(each)))


def _ranks(drawn: Drawn) -> Iterator[str]:
    admitted, school = set(drawn.admitted), drawn.draw.school
    for rank, number in enumerate(drawn.order, 1):
        result = "admitted" if number in admitted else "waiting"
        yield f"{school},{rank},{number},{drawn.tickets[number]},{result}"


def _record(run: Run, files: Mapping[str, bytes]) -> bytes:
    seeds = run.seeds
    record = {
        "format": FORMAT,
        "kind": seeds.kind,
        "title": run.title,
        "digest": seeds.digest,
        "commit": seeds.commit,
        "city_seed": seeds.city_seed,
        "public_seed": seeds.public_seed,
        "public_source": run.public_source,
        "seed": seeds.seed,
        "committed_at": _time(run.committed_at),
        "frozen_at": _time(run.frozen_at),
        "fixed_at": _time(run.fixed_at),
        "drawn_at": _time(run.drawn_at),
        "software": run.software,
        "files": {
            name: {"lines": data.count(b"\n"), "digest": digest(data, seeds.digest)}
            for name, data in files.items()
        },
    }
    return _json(record)


def _time(at: datetime) -> str:
    """To the second, as it is published and checked."""
    if at.tzinfo is None:
        raise AdmissionError("time_zone", "times of a run carry their zone")
    return at.isoformat(timespec="seconds")


def _json(value: Any) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()


@dataclass(frozen=True, kw_only=True)
class Witness:
    """`signs` is the digest of the record that this person saw and signed."""

    name: str
    role: str
    signed_at: datetime
    signs: str


def publication(conducted: Conducted, witnesses: Sequence[Witness]) -> dict[str, bytes]:
    """The folder that is published. Refuses rehearsals, and records that nobody or not everybody signed as they are."""
    if conducted.run.seeds.kind == "rehearsal":
        raise AdmissionError("rehearsal", "this was a rehearsal: it cannot be published")
    if not witnesses:
        raise AdmissionError("unsigned", "no witness has signed this run: it cannot be published yet")
    for each in witnesses:
        if each.signs != conducted.record_digest:
            raise AdmissionError(
                "other_record", f"{each.name} signed another record than this", name=each.name
            )
    signed = [
        {"name": one.name, "role": one.role, "signed_at": _time(one.signed_at), "signs": one.signs}
        for one in witnesses
    ]
    return {**conducted.files, "witnesses.json": _json(signed)}


def freed_file(conducted: Conducted, freed: Mapping[str, Sequence[str]]) -> bytes:
    """freed.csv, for the publication of each later state: by school, the numbers that gave up, as they came."""
    draws = {draw.school: draw for draw in conducted.run.draws}
    orders = {each.draw.school: each.order for each in conducted.drawn}
    lines = []
    for school in sorted(freed):
        if school not in draws:
            raise AdmissionError("school", f"{school} did not draw in this run", school=school)
        for number, step in enumerate(_steps(draws[school], orders[school], freed[school]), 1):
            lines.append(f"{school},{number},{step.freed},{' '.join(step.given)}")
    return _csv("school,step,freed,given", lines)


def _steps(draw: Draw, order: Sequence[str], freed: Sequence[str]) -> list[Step]:
    return successions(order, draw.groups, seats=draw.seats, policy=draw.group_policy, freed=freed)
