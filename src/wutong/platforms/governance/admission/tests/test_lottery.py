"""The draw as the rule says it, bound groups, freed seats, and what is refused for publication."""

import hashlib
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wutong.platforms.governance.admission.api import (
    AdmissionError,
    Draw,
    Seeds,
    conduct,
    digest,
    draw_lots,
    freeze,
    publication,
    successions,
)
from wutong.platforms.governance.admission.tests.runs import DRAWS, NOON, SEEDS, a_run, signed

numbers = st.lists(st.text("0123456789甲", min_size=1, max_size=4), unique=True, max_size=12)
policies = st.sampled_from(["whole_or_skip", "over_plan", "split"])


@st.composite
def draws(draw):
    applications = draw(numbers)
    cut, groups = draw(st.permutations(applications)), []
    while len(cut) > 3 and draw(st.booleans()):
        size = draw(st.integers(2, 3))
        groups.append(tuple(cut[:size]))
        cut = cut[size:]
    seats = draw(st.integers(0, 12))
    policy = draw(policies)
    return Draw(school="梧桐", applications=tuple(applications), seats=seats, groups=tuple(groups), group_policy=policy)  # fmt: skip


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_the_rule_to_the_letter():
    seeds = Seeds(city_seed="城", public_seed="公")
    drawn = draw_lots(Draw(school="梧桐小学", applications=("3", "1", "2"), seats=2), seeds)
    seed = sha256("城公")
    tickets = {number: sha256(f"{seed}|梧桐小学|{number}") for number in ("1", "2", "3")}
    assert (seeds.commit, seeds.seed) == (sha256("城"), seed)
    assert drawn.tickets == tickets
    assert drawn.order == tuple(sorted(tickets, key=tickets.__getitem__))
    assert drawn.admitted == drawn.order[:2]


def test_fixed_vectors():
    """Anybody can check these with `printf '%s' city | sha256sum`; SM3 from GB/T 32905-2016, example 1."""
    seeds = Seeds(city_seed="city", public_seed="public")
    ticket = draw_lots(Draw(school="S", applications=("1",), seats=1), seeds).tickets["1"]
    assert seeds.commit == "11a62c23412b77477a71481aa2dc7323bcc61d076c8449076c4c58a8356c1bb1"
    assert seeds.seed == "2666df5a13ddc1482b0af044120142cc26ee6df9aa35db09033ad95bb2ac1814"
    assert ticket == "0fa38e8f9c2f6798c6b921e014268043bf0e40fa9ffa9829bff9fec7da7cbfbd"
    assert digest("abc", "sm3") == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"


@given(draws(), st.randoms())
def test_the_order_in_which_things_are_given_does_not_matter(one, shuffle):
    applications, groups = list(one.applications), [list(group) for group in one.groups]
    for each in (applications, groups, *groups):
        shuffle.shuffle(each)
    other = replace(one, applications=tuple(applications), groups=tuple(map(tuple, groups)))
    first, second = draw_lots(one, SEEDS), draw_lots(other, SEEDS)
    assert (first.order, first.tickets, first.admitted) == (second.order, second.tickets, second.admitted)


@given(draws())
def test_tickets_ascend_and_a_group_stands_together_with_one(one):
    drawn = draw_lots(one, SEEDS)
    assert sorted(drawn.order, key=lambda number: (drawn.tickets[number], number)) == list(drawn.order)
    assert sorted(drawn.order) == sorted(one.applications)
    for group in one.groups:
        assert {drawn.tickets[member] for member in group} == {sha256(f"{SEEDS.seed}|梧桐|{min(group)}")}
        first = drawn.order.index(min(group))
        assert sorted(drawn.order[first : first + len(group)]) == sorted(group)


@given(draws())
def test_seats_are_filled_and_the_plan_is_kept_as_the_policy_says(one):
    admitted = draw_lots(one, SEEDS).admitted
    groups = [set(group) for group in one.groups]
    parted = [group for group in groups if group & set(admitted) and not group <= set(admitted)]
    enough = min(one.seats, len(one.applications))
    if one.group_policy == "split":
        assert len(admitted) == enough
        assert len(parted) <= 1
    else:
        assert parted == []
    if one.group_policy == "over_plan":
        assert enough <= len(admitted) <= max(one.seats + 2, 0)
        assert one.seats or not admitted
    if one.group_policy == "whole_or_skip":
        assert len(admitted) <= one.seats
        left_out = set(one.applications) - set(admitted)
        free = one.seats - len(admitted)
        assert all(len(group) > free for group in groups if group <= left_out)
        assert not free or all(any(one in group for group in groups) for one in left_out)


def test_twins_before_one_last_seat():
    """Which of the three happens is a setting of the year."""
    applications, twins = tuple("abcd"), (("b", "c"),)
    seeds = next(
        seeds
        for number in range(1000)
        for seeds in [Seeds(city_seed=str(number), public_seed="公")]
        if draw_lots(Draw(school="x", applications=applications, seats=4, groups=twins), seeds).order
        == ("a", "b", "c", "d")
    )

    def admitted(policy):
        one = Draw(school="x", applications=applications, seats=2, groups=twins, group_policy=policy)
        return draw_lots(one, seeds).admitted

    assert admitted("whole_or_skip") == ("a", "d")
    assert admitted("over_plan") == ("a", "b", "c")
    assert admitted("split") == ("a", "b")


def test_a_freed_seat_goes_to_the_next_ticket():
    steps = successions("abcdef", [], seats=2, policy="whole_or_skip", freed=["a", "d", "c", "b"])
    assert [(step.freed, step.given) for step in steps] == [
        ("a", ("c",)),
        ("d", ()),
        ("c", ("e",)),
        ("b", ("f",)),
    ]


def test_a_seat_over_the_plan_is_not_given_again():
    steps = successions("abcde", [("b", "c")], seats=2, policy="over_plan", freed=["a", "b", "c"])
    assert [step.given for step in steps] == [(), ("d",), ("e",)]


def test_a_parted_twin_is_next():
    steps = successions("abcd", [("b", "c")], seats=2, policy="split", freed=["a"])
    assert steps[0].given == ("c",)


@given(draws(), st.randoms())
def test_freed_seats_never_exceed_the_plan_and_never_skip_a_single(one, shuffle):
    drawn, freed = draw_lots(one, SEEDS), list(one.applications)
    shuffle.shuffle(freed)
    held, gone = set(drawn.admitted), set()
    steps = successions(
        drawn.order, one.groups, seats=one.seats, policy=one.group_policy, freed=freed[: len(freed) // 2]
    )
    bound = {member for group in one.groups for member in group}
    for step in steps:
        gone.add(step.freed)
        held.discard(step.freed)
        assert not set(step.given) & (held | gone)
        held |= set(step.given)
        assert len(held) <= one.seats + (2 if one.group_policy == "over_plan" else 0)
        waiting = [number for number in drawn.order if number not in held | gone | bound]
        assert not waiting or len(held) >= one.seats


@pytest.mark.parametrize("freed", [["z"], ["a", "a"]])
def test_who_is_not_in_the_draw_or_gone_already_frees_no_seat(freed):
    with pytest.raises(AdmissionError):
        successions("abc", [], seats=1, policy="split", freed=freed)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"seats": -1}, "seats"),
        ({"applications": ("1", "1")}, "twice"),
        ({"groups": (("1", "9"),)}, "bound_unknown"),
        ({"groups": (("1", "2"), ("2", "3"))}, "bound_twice"),
        ({"group_policy": "lucky"}, "group_policy"),
    ],
)
def test_a_draw_that_contradicts_itself_is_refused(changes, code):
    with pytest.raises(AdmissionError) as refused:
        replace(Draw(school="梧桐", applications=("1", "2", "3"), seats=1), **changes)
    assert refused.value.code == code


@pytest.mark.parametrize("seeds", [{"city_seed": ""}, {"public_seed": ""}, {"digest": "md5"}])
def test_a_draw_needs_both_seeds_and_a_digest_of_the_rule(seeds):
    with pytest.raises(AdmissionError):
        Seeds(**{"city_seed": "城", "public_seed": "公", **seeds})


@given(st.permutations(DRAWS))
def test_the_frozen_list_has_one_form(order):
    assert freeze(order) == freeze(DRAWS)


def test_the_frozen_list_reads_like_this():
    frozen = freeze([Draw(school="乙校", applications=("3", "1", "2"), seats=2, groups=(("3", "2"),)), Draw(school="丙校", applications=(), seats=0)])  # fmt: skip
    assert frozen.plan.decode() == "school,seats,group_policy\n丙校,0,whole_or_skip\n乙校,2,whole_or_skip\n"
    assert frozen.applicants.decode() == "school,application_no,group\n乙校,1,\n乙校,2,2\n乙校,3,2\n"


@pytest.mark.parametrize("number", ["1,2", '1"', "1\n2", "", " 1", "1 2", "\ud800"])
def test_a_number_that_could_be_read_two_ways_is_not_frozen(number):
    with pytest.raises(AdmissionError) as refused:
        freeze([Draw(school="梧桐", applications=(number,), seats=1)])
    assert refused.value.code == "unfit"


def test_a_school_draws_once():
    with pytest.raises(AdmissionError):
        freeze([DRAWS[0], DRAWS[0]])


HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"announced_commit": Seeds(city_seed="另一个", public_seed="公").commit}, "commit"),
        (
            {"draws": (replace(DRAWS[0], seats=8), *DRAWS[1:])},
            "changed",
        ),  # a plan cut after the list was frozen
        ({"draws": DRAWS[1:]}, "changed"),
        ({"fixed_at": NOON + HOUR}, "too_early"),  # the public seed was known when the list was frozen
        ({"committed_at": NOON + 9 * HOUR}, "too_early"),
        ({"drawn_at": NOON}, "too_early"),
        ({"drawn_at": datetime(2026, 5, 12, 23)}, "time_zone"),
    ],
)
def test_what_differs_from_the_announcement_is_not_run(changes, code):
    with pytest.raises(AdmissionError) as refused:
        conduct(replace(a_run(), **changes))
    assert refused.value.code == code


def test_a_rehearsal_is_stamped_draws_other_tickets_and_is_not_published():
    rehearsal = conduct(a_run(seeds=replace(SEEDS, kind="rehearsal")))
    real = conduct(a_run())
    assert b'"kind": "rehearsal"' in rehearsal.files["record.json"]
    assert not {*rehearsal.drawn[0].tickets.values()} & {*real.drawn[0].tickets.values()}
    with pytest.raises(AdmissionError) as refused:
        publication(rehearsal, signed(rehearsal))
    assert refused.value.code == "rehearsal"


def test_nothing_is_published_unsigned_or_with_signatures_under_another_record():
    conducted, other = conduct(a_run()), conduct(replace(a_run(), title="另一次"))
    for witnesses, code in (([], "unsigned"), ([*signed(conducted), *signed(other)], "other_record")):
        with pytest.raises(AdmissionError) as refused:
            publication(conducted, witnesses)
        assert refused.value.code == code


def test_what_is_published():
    conducted = conduct(a_run())
    files = publication(conducted, signed(conducted))
    assert sorted(files) == ["applicants.csv", "order.csv", "plan.csv", "record.json", "witnesses.json"]
    assert files == publication(conduct(a_run()), signed(conducted))
