"""The demo town hangs together: keys, dates, numbers, families and the proportions people will look at."""

from collections import Counter, defaultdict
from datetime import date

import pytest

from wutong.centres.data.master.town import TODAY, build_town
from wutong.centres.data.master.town.schools import grades
from wutong.centres.data.master.town.tables import rows
from wutong.kernel.people.numbers import IdentityNumber, PupilNumber, SecondaryNumber

LOGINS = {
    "city",
    "district",
    "school",
    "teacher",
    "pupil",
    "guardian",
    "citizen",
    "provider",
    "auditor",
    "operator",
}
PARENTS, GRANDPARENTS = {"51": "1", "52": "2"}, {"61": "1", "62": "2", "63": "1", "64": "2"}


@pytest.fixture(scope="module")
def town():
    return build_town()


@pytest.fixture(scope="module")
def persons(town):
    return {person.key: person for person in town.persons}


@pytest.fixture(scope="module")
def organisations(town):
    return {each.key: each for each in town.organisations}


@pytest.fixture(scope="module")
def guardians(town):
    found = defaultdict(list)
    for row in town.guardianships:
        found[row.child_key].append(row)
    return found


@pytest.fixture(scope="module")
def live_class(town, organisations):
    """Class of each pupil today."""
    return {
        row.person_key: organisations[row.organisation_key]
        for row in town.memberships
        if row.role == "pupil" and row.valid_to is None
    }


@pytest.fixture(scope="module")
def accounts(town):
    return {account.login: account.person_key for account in town.accounts}


def roles_of(town, person_key):
    rows = [row for row in town.memberships if row.person_key == person_key and row.valid_to is None]
    return {(row.role, row.organisation_key) for row in rows}


def test_same_seed_same_town(town):
    assert repr(build_town()) == repr(town)
    assert build_town(seed=1).persons != town.persons


@pytest.mark.parametrize("seed", [1, 7, 2026])
@pytest.mark.parametrize("today", [TODAY, date(2027, 3, 1), date(2026, 9, 2)])
def test_size_holds_for_other_seeds_and_days(seed, today):
    made = build_town(seed, today)
    assert 5_500 <= len(made.persons) <= 6_500
    assert {account.login for account in made.accounts} == LOGINS
    starts = [
        row.valid_from for table in (made.memberships, made.guardianships, made.identifiers) for row in table
    ]
    assert max(starts) <= today


def test_the_outline(town):
    kinds = Counter(each.kind for each in town.organisations)
    assert {kind: kinds[kind] for kind in ("city", "district", "school", "bureau", "provider")} == {
        "city": 1, "district": 16, "school": 13, "bureau": 7, "provider": 3,
    }  # fmt: skip
    stages = Counter(
        stage for each in town.organisations if each.kind == "school" for stage in each.facts.stages
    )
    assert stages == {"幼儿园": 2, "小学": 5, "初中": 5, "高中": 3}
    assert "民办" in {each.facts.nature for each in town.organisations if each.kind == "school"}


def test_keys_are_unique_and_parents_come_first(town):
    seen = set()
    for each in town.organisations:
        assert each.key not in seen
        assert each.parent_key is None or each.parent_key in seen
        seen.add(each.key)
    assert len({person.key for person in town.persons}) == len(town.persons)


def test_every_row_refers_to_what_exists(town, persons, organisations):
    used = {row.person_key for table in (town.memberships, town.identifiers, town.accounts) for row in table}
    used |= {key for row in town.guardianships for key in (row.guardian_key, row.child_key)}
    assert used - persons.keys() == set()
    assert {row.organisation_key for row in town.memberships} - organisations.keys() == set()


def test_dates_nest(town, persons, organisations):
    for row in town.memberships:
        place = organisations[row.organisation_key]
        assert place.valid_from <= row.valid_from <= TODAY
        assert persons[row.person_key].born < row.valid_from
        assert row.valid_to is None or row.valid_from <= row.valid_to
        assert place.valid_to == row.valid_to
    for row in town.guardianships:
        assert persons[row.child_key].born <= row.valid_from <= TODAY
    for row in town.identifiers:
        assert persons[row.person_key].born <= row.valid_from <= (row.valid_to or TODAY) <= TODAY


def test_a_membership_is_said_once(town):
    said = Counter(
        (row.person_key, row.organisation_key, row.role, row.valid_from) for row in town.memberships
    )
    assert set(said.values()) == {1}


def test_identity_numbers_are_sound_and_nobody_shares_one(town):
    for person in town.persons:
        read = IdentityNumber.parse(person.identity_number, today=TODAY)
        assert (read.text, read.born, read.sex) == (person.identity_number, person.born, person.sex)
    assert len({person.identity_number for person in town.persons}) == len(town.persons)


def test_district_codes_were_in_force(town):
    known = {
        row["code"]: (int(row["from_year"] or 0), int(row["to_year"] or 9999)) for row in rows("regions")
    }
    for person in town.persons:
        first, last = known[person.identity_number[:6]]
        assert first <= max(person.born.year, 1984) <= last
    prefixes = {person.identity_number[:6] for person in town.persons}
    assert {"310103", "310108", "310119"} <= prefixes


def test_no_number_is_in_force_twice(town):
    values = Counter((row.kind, row.value) for row in town.identifiers)
    assert set(values.values()) == {1}
    live = Counter((row.person_key, row.kind) for row in town.identifiers if row.valid_to is None)
    assert set(live.values()) == {1}


def test_pupil_numbers_follow_the_stages(town, persons, live_class):
    found = defaultdict(list)
    for row in town.identifiers:
        found[row.person_key, row.kind].append(row)
    for key, klass in live_class.items():
        stage = ["幼儿园", "小学", "初中", "高中"].index(klass.facts.stage)
        national, secondary = found[key, "pupil_national"], found[key, "pupil_shanghai_secondary"]
        kinds = [PupilNumber.parse(row.value, today=TODAY).kind for row in national]
        assert kinds == (["L", "G"] if stage else [])
        assert not stage or national[1].value == "G" + persons[key].identity_number
        read = [SecondaryNumber.parse(row.value, today=TODAY).stage for row in secondary]
        assert read == ["primary", "junior", "senior"][:stage]
        assert [row.valid_to is None for row in secondary] == [False] * (stage - 1) + [True] * (stage > 0)


def test_one_live_class_for_each_pupil_of_believable_size(town, live_class):
    pupils = [row.person_key for row in town.memberships if row.role == "pupil" and row.valid_to is None]
    assert len(pupils) == len(live_class)
    sizes = Counter(klass.key for klass in live_class.values())
    assert sizes.keys() == {
        each.key for each in town.organisations if each.kind == "class" and not each.valid_to
    }
    assert 24 <= min(sizes.values()) <= max(sizes.values()) <= 45


def test_ages_fit_grades(persons, live_class):
    steps = {grade.code: grade.step for grade in grades()}
    late = 0
    for key, klass in live_class.items():
        youngest = date(2026 - 3 - steps[klass.facts.grade], 8, 31)
        years = (youngest - persons[key].born).days / 365.25
        assert 0 <= years < 2.01
        late += years > 1.01
    assert late < 0.04 * len(live_class)


def test_last_years_class_was_one_grade_below(town, organisations, live_class):
    steps = {grade.code: grade.step for grade in grades()}
    earlier = [row for row in town.memberships if row.role == "pupil" and row.valid_to]
    assert {row.valid_to for row in earlier} == {date(2026, 8, 31)}
    assert len(earlier) > 0.7 * len(live_class)
    for row in earlier:
        before, now = organisations[row.organisation_key], live_class[row.person_key]
        assert steps[before.facts.grade] + 1 == steps[now.facts.grade]
        if before.facts.stage == now.facts.stage:
            assert (before.parent_key, before.facts.number) == (now.parent_key, now.facts.number)


def test_every_class_has_one_class_teacher_and_its_teachers_belong_to_the_school(town, organisations):
    leaders = Counter(row.organisation_key for row in town.memberships if row.role == "class_teacher")
    assert leaders == {each.key: 1 for each in town.organisations if each.kind == "class"}
    at_school = {
        (row.person_key, row.organisation_key)
        for row in town.memberships
        if organisations[row.organisation_key].kind == "school"
    }
    for row in town.memberships:
        if row.role == "teacher" and organisations[row.organisation_key].kind == "class":
            assert (row.person_key, organisations[row.organisation_key].parent_key) in at_school


def test_every_child_has_one_primary_guardian_of_fitting_age_and_sex(town, persons, guardians, live_class):
    assert live_class.keys() <= guardians.keys()
    for child, rows_of_child in guardians.items():
        assert [row.primary for row in rows_of_child].count(True) == 1
        for row in rows_of_child:
            guardian = persons[row.guardian_key]
            years = (persons[child].born - guardian.born).days / 365.25
            assert guardian.sex == (PARENTS | GRANDPARENTS)[row.relation]
            assert (20.9 if row.relation in PARENTS else 42) < years < (64 if row.relation in PARENTS else 90)
            assert guardian.phone and not persons[child].phone


def test_brothers_and_sisters_share_their_guardians(town, guardians):
    children = defaultdict(set)
    for row in town.guardianships:
        children[row.guardian_key].add(row.child_key)
    several = [group for group in children.values() if len(group) > 1]
    assert {len(group) for group in several} == {2}
    for group in several:
        assert (
            len({tuple((row.guardian_key, row.relation) for row in guardians[child]) for child in group}) == 1
        )


def test_the_demo_accounts_know_each_other(town, accounts, persons, guardians, live_class, organisations):
    assert accounts.keys() == LOGINS
    home = live_class[accounts["pupil"]]
    assert {("class_teacher", home.key), ("teacher", home.parent_key)} <= roles_of(town, accounts["teacher"])
    assert roles_of(town, accounts["school"]) == {("clerk", home.parent_key)}
    assert organisations[home.parent_key].parent_key == "310104"
    assert roles_of(town, accounts["district"]) == {("officer", "310104"), ("officer", "xuhui-basic")}
    assert roles_of(town, accounts["city"]) == {("officer", "shanghai")}
    assert roles_of(town, accounts["auditor"]) == {("auditor", "shanghai")}
    assert roles_of(town, accounts["operator"]) == {("operator", "city-information")}
    assert roles_of(town, accounts["provider"]) == {("provider", "provider-cloud")}
    assert roles_of(town, accounts["citizen"]) == roles_of(town, accounts["guardian"]) == set()
    mother = guardians[accounts["pupil"]][0]
    assert (mother.guardian_key, mother.relation, mother.primary) == (accounts["guardian"], "52", True)


@pytest.mark.parametrize("seed", [1, 2026])
def test_the_demo_accounts_have_the_same_names_in_every_town(seed):
    made = build_town(seed)
    names = {person.key: person.name for person in made.persons}
    assert {account.login: names[account.person_key] for account in made.accounts} == {
        "city": "陆建华", "district": "陈思远", "school": "顾晓岚", "teacher": "许文静", "pupil": "林一诺",
        "guardian": "沈静怡", "citizen": "宋雨薇", "provider": "蒋逸凡", "auditor": "郑明哲", "operator": "高翔",
    }  # fmt: skip
    assert {names[row.person_key] for row in made.memberships if row.role == "head"} >= {"周敏"}


def test_proportions(town, persons, guardians, organisations):
    children = [persons[key] for key in guardians]
    assert share(children, lambda each: not each.identity_number.startswith("31")) == pytest.approx(
        0.31, abs=0.05
    )
    assert share(children, lambda each: each.sex == "1") == pytest.approx(1.07 / 2.07, abs=0.04)
    assert share(town.persons, lambda each: each.ethnic_group == "01") == pytest.approx(0.97, abs=0.015)
    homes = {tuple((row.guardian_key, row.relation) for row in found) for found in guardians.values()}
    assert share(homes, lambda home: len(home) == 1) == pytest.approx(0.09, abs=0.03)
    assert share(homes, lambda home: any(code in GRANDPARENTS for _, code in home)) == pytest.approx(
        0.08, abs=0.03
    )
    sizes = Counter(found[0].guardian_key for found in guardians.values())
    assert share(sizes.values(), lambda size: size == 2) == pytest.approx(0.15, abs=0.04)
    primary = {
        row.person_key
        for row in town.memberships
        if row.role == "teacher" and getattr(organisations[row.organisation_key].facts, "stage", "") == "小学"
    }
    assert share(primary, lambda key: persons[key].sex == "2") == pytest.approx(0.70, abs=0.10)


def test_names_are_as_varied_as_a_registers(town, persons, live_class):
    names = [person.name for person in town.persons]
    assert share(names, lambda name: len(name) == 3) > 0.65
    assert any(name.startswith(("欧阳", "上官", "诸葛", "司徒", "司马")) for name in names)
    assert any("·" in name for name in names)
    pupils = [persons[key].name for key in live_class]
    assert any(char in name for name in pupils for char in "㛃𬸣䶮𬀩𫍲𬍤")
    assert max(Counter(names).values()) <= 12


def share(things, holds) -> float:
    found = [bool(holds(each)) for each in things]
    return sum(found) / len(found)
