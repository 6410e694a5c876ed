"""Ways, waits and rework from moves alone."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from statistics import median

from hypothesis import given
from hypothesis import strategies as st

from wutong.platforms.governance.processes.measures import Move, Rework, Wait, Way, measured, p90

START = datetime(2026, 3, 2, 1, tzinfo=UTC)
FINAL = frozenset({"granted", "refused"})


def trace(case, *moves):
    """`(day, step, source, target, unit)` each."""
    return [
        Move(case, step, source, target, START + timedelta(days=day), unit)
        for day, step, source, target, unit in moves
    ]


STRAIGHT = [
    (0, "open", "", "draft", "校"), (1, "submit", "draft", "check", "校"), (5, "grant", "check", "granted", "区")
]  # fmt: skip
TWICE = [
    (0, "open", "", "draft", "校"), (1, "submit", "draft", "check", "校"), (3, "return", "check", "draft", "区"),
    (4, "submit", "draft", "check", "校"), (12, "grant", "check", "granted", "区"),
]  # fmt: skip


def test_ways_are_counted_the_most_trodden_first():
    moves = [*trace("1", *TWICE), *trace("2", *STRAIGHT), *trace("3", *STRAIGHT), *trace("4", *STRAIGHT[:2])]
    found = measured(moves, final=FINAL)
    assert found.ways == (
        Way(("open", "submit", "grant"), 2, 5.0),
        Way(("open", "submit", "return", "submit", "grant"), 1, 12.0),
    )
    assert (found.cases, found.ended, found.again) == (4, 3, 1)
    assert found.steps == {"open": 4, "submit": 5, "grant": 3, "return": 1}


def test_waits_are_told_by_state_and_by_unit():
    found = measured([*trace("1", *TWICE), *trace("2", *STRAIGHT)], final=FINAL)
    assert found.by_state == {
        "draft": Wait("draft", "", 3, 1.0, 1.0),
        "check": Wait("check", "", 3, 4.0, 8.0),
    }
    assert [(wait.state, wait.unit, wait.number) for wait in found.units] == [
        ("check", "区", 3),
        ("draft", "校", 3),
    ]


def test_rework_names_the_state_and_the_step_that_led_back():
    found = measured(trace("1", *TWICE), final=FINAL)
    assert found.rework == (Rework("check", "submit", 1, 1), Rework("draft", "return", 1, 1))


def test_of_nothing_nothing_is_told():
    found = measured([], final=FINAL)
    assert (found.cases, found.ended, found.ways, found.waits, found.rework) == (0, 0, (), (), ())


STATES, STEPS = st.sampled_from("abcdef"), st.sampled_from("uvwxyz")


@given(
    st.lists(st.lists(st.tuples(STEPS, STATES, st.integers(0, 10**6)), min_size=1, max_size=8), max_size=12)
)
def test_what_is_told_adds_up(cases):
    moves = []
    for number, steps in enumerate(cases):
        at, here = START, ""
        for step, state, seconds in steps:
            at += timedelta(seconds=seconds)
            moves.append(Move(str(number), step, here, state, at, "区"))
            here = state
    found = measured(moves, final=frozenset("f"))
    assert sum(found.steps.values()) == len(moves)
    assert sum(wait.number for wait in found.waits) == len(moves) - len(cases)
    assert sum(way.cases for way in found.ways) == found.ended == sum(steps[-1][1] == "f" for steps in cases)
    again = sum(len(steps) - len({state for _step, state, _s in steps}) for steps in cases)
    assert sum(each.times for each in found.rework) == again
    stays = defaultdict(list)
    for before, move in zip(moves, moves[1:], strict=False):
        if before.case == move.case:
            stays[move.source].append((move.at - before.at).total_seconds() / 86_400)
    assert {wait.state: wait.median for wait in found.waits} == {
        state: median(days) for state, days in stays.items()
    }


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=50))
def test_nine_of_ten_are_at_most_the_p90(values):
    limit = p90(values)
    below, up_to = sum(value < limit for value in values), sum(value <= limit for value in values)
    assert limit in values
    assert 10 * below < 9 * len(values) <= 10 * up_to
