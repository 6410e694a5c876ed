"""What the protocols learn of a client, and what it has to show."""

from datetime import timedelta

import pytest
from django.utils import timezone

from wutong.centres.identity.applications import actions, api
from wutong.centres.identity.applications.models import Application, ClientSecret, DayVisitor, SignInDay
from wutong.centres.identity.applications.statistics import forget_visitors
from wutong.kernel.audit.models import AuditEntry
from wutong.kernel.errors import Conflict, Invalid, NotAllowed
from wutong.kernel.policy import SYSTEM

CALLBACK = "https://app.school.edu.cn/callback"
WHY = "looked at by a test"


def made(town, **facts):
    values = {"name": "图书馆", "grants": ["authorization_code"], "redirect_uris": [CALLBACK], **facts}
    return api.create_client(SYSTEM, town.place("gaoan"), **values)


def cas(town, *prefixes: str, name: str = "图书馆"):
    return made(
        town, name=name, grants=["cas"], redirect_uris=[], auth_method="none", service_prefixes=prefixes
    )


def test_a_client_is_read_whole_in_one_query(small_town, django_assert_num_queries):
    application = made(small_town, claims=["name"], scopes=["openid", "profile"]).application
    with django_assert_num_queries(1):
        found = api.client(application.client_id)
    assert (found.name, found.redirect_uris, found.claims) == ("图书馆", (CALLBACK,), ("name",))
    assert (found.organisation, found.confidential) == (small_town.place("gaoan").pk, True)
    assert found.may_redirect(CALLBACK)
    assert not found.may_redirect(CALLBACK + "/")


@pytest.mark.parametrize("state", ["draft", "in_review", "suspended"])
def test_what_is_not_in_use_is_no_client(small_town, state: str):
    application = made(small_town).application
    Application.objects.unscoped(WHY).update(state=state)
    assert api.client(application.client_id) is None
    assert api.client("nobody") is None


def test_a_secret_opens_its_own_client_only(small_town):
    one, other = made(small_town), made(small_town, name="食堂")
    at = timezone.now()
    client = api.client(one.application.client_id)
    assert api.secret_holds(client, one.secret, at)
    assert not api.secret_holds(client, other.secret, at)
    assert not api.secret_holds(client, one.secret.swapcase(), at)
    assert not api.secret_holds(client, "", at)
    assert not api.secret_holds(client, "x" * 100_000, at)
    assert not api.secret_holds(None, one.secret, at)


def test_the_secret_is_nowhere_after_it_was_shown(small_town):
    secret = made(small_town).secret
    row = ClientSecret.objects.unscoped(WHY).get()
    assert secret.encode() not in bytes(row.digest)
    assert row.hint == secret[-4:]
    journal = str(list(AuditEntry.objects.unscoped(WHY).values_list("changes", flat=True)))
    assert secret not in journal
    assert "•••" in journal


def test_two_secrets_hold_while_one_takes_over_from_the_other(small_town):
    one = made(small_town)
    at = timezone.now()
    second = actions.issue_secret(SYSTEM, one.application, at=at)
    client = api.client(one.application.client_id)
    later = at + actions.OVERLAP
    assert [api.secret_holds(client, secret, at) for secret in (one.secret, second)] == [True, True]
    assert [api.secret_holds(client, secret, later) for secret in (one.secret, second)] == [False, True]
    row = ClientSecret.objects.unscoped(WHY).get(hint=second[-4:])
    actions.revoke_secret(SYSTEM, row, at=at)
    assert not api.secret_holds(api.client(one.application.client_id), second, at)


def test_when_a_secret_was_last_shown_is_written_once_an_hour(small_town, django_assert_num_queries):
    one, at = made(small_town), timezone.now()
    with django_assert_num_queries(2):
        api.secret_holds(api.client(one.application.client_id), one.secret, at)
    with django_assert_num_queries(1):
        api.secret_holds(api.client(one.application.client_id), one.secret, at + timedelta(minutes=59))
    assert ClientSecret.objects.unscoped(WHY).get().last_used == at


def test_a_service_belongs_to_the_longest_prefix(small_town, django_assert_num_queries):
    whole = cas(small_town, "https://app.school.edu.cn/")
    part = cas(small_town, "https://app.school.edu.cn/library/", name="借阅")
    with django_assert_num_queries(1):
        assert api.client_for_service("https://app.school.edu.cn/library/in?x=1").name == "借阅"
    assert (
        api.client_for_service("https://APP.school.edu.cn/libraries").client_id == whole.application.client_id
    )
    assert api.client_for_service("https://evil.example/library") is None
    assert api.client_for_service("https://app.school.edu.cn/../x") is None
    Application.objects.unscoped(WHY).filter(pk=part.application.pk).update(state="suspended")
    assert api.client_for_service("https://app.school.edu.cn/library/in") is None


def test_a_prefix_has_one_owner(small_town):
    cas(small_town, "https://app.school.edu.cn/library")
    with pytest.raises(Conflict):
        cas(small_town, "https://APP.school.edu.cn:443/library/", name="借阅")
    assert Application.objects.unscoped(WHY).count() == 1


@pytest.mark.parametrize(
    ("field", "facts"),
    [
        ("redirect_uris", {"redirect_uris": ["javascript:alert(1)"]}),
        ("redirect_uris", {"redirect_uris": []}),
        ("service_prefixes", {"grants": ["cas"], "service_prefixes": ["https://a.example/?x=1"]}),
        ("grants", {"grants": ["implicit"]}),
        ("claims", {"claims": ["identity_number"]}),
        ("auth_method", {"kind": "public"}),
        ("auth_method", {"auth_method": "none"}),
        ("jwks", {"auth_method": "private_key_jwt"}),
        ("jwks", {"auth_method": "private_key_jwt", "jwks": {"keys": [{"kty": "EC", "d": "secret"}]}}),
        ("acr", {"acr": "urn:elsewhere"}),
        ("backchannel_logout_uri", {"backchannel_logout_uri": "http://app.school.edu.cn/out"}),
    ],
)
def test_what_is_unsound_is_refused_at_its_field(small_town, field: str, facts):
    with pytest.raises(Invalid) as refusal:
        made(small_town, **facts)
    assert list(refusal.value.fields) == [field]


def test_only_operators_make_a_client_without_a_review(small_town):
    for name in ("clerk", "officer", "city_officer", "teacher"):
        with pytest.raises(NotAllowed):
            api.create_client(small_town.actor(name), small_town.place("gaoan"), name="x", grants=["cas"])
    assert api.create_client(
        small_town.actor("operator"), small_town.place("gaoan"), name="x", redirect_uris=[CALLBACK],
        grants=["authorization_code"],
    ).application.state == "active"  # fmt: skip


def test_two_clients_cannot_join_up_what_they_know_of_a_child(small_town):
    child, neighbour = small_town.person("pupil"), small_town.person("neighbour")
    one, other = (api.client(made(small_town, name=name).application.client_id) for name in ("甲", "乙"))
    numbers = {api.subject(client, person) for client in (one, other) for person in (child, neighbour)}
    assert len(numbers) == 4
    assert api.subject(one, child) == api.subject(one, child)
    assert all(len(number) == 26 and number.isalnum() and number == number.lower() for number in numbers)


def test_a_sector_is_shared_within_an_organisation_and_not_beyond(small_town):
    child = small_town.person("pupil")
    same = [made(small_town, name=name, sector_identifier="library") for name in ("甲", "乙")]
    values = {"name": "丙", "grants": ["authorization_code"], "redirect_uris": [CALLBACK]}
    other = api.create_client(SYSTEM, small_town.place("island"), sector_identifier="library", **values)
    one, two, three = (api.subject(api.client(m.application.client_id), child) for m in (*same, other))
    assert one == two != three


def test_nothing_is_released_that_was_not_approved(small_town):
    client = api.client(made(small_town, claims=["name", "roles"]).application.client_id)
    person = small_town.person("teacher")
    told = api.released(client, person, username="teacher", at=timezone.now())
    assert told == {"name": str(person), "roles": ["teacher"]}
    told = api.released(client, person, username="teacher", at=timezone.now(), scopes=["openid", "profile"])
    assert told == {"name": str(person)}
    bare = api.client(made(small_town, name="最小").application.client_id)
    assert api.released(bare, person, username="teacher", at=timezone.now()) == {}


@pytest.mark.parametrize(
    ("trusted", "told"), [(False, {"roles": ["pupil"]}), (True, {"name": "李小梅", "roles": ["pupil"]})]
)
def test_a_child_is_told_of_with_care_by_whatever_protocol(small_town, trusted, told):
    client = api.client(made(small_town, claims=["name", "roles"], trusted=trusted).application.client_id)
    assert api.released(client, small_town.person("pupil"), username="pupil", at=timezone.now()) == told


def test_a_guardian_is_told_to_be_one_and_a_sensitive_release_is_journalled(small_town):
    client = api.client(made(small_town, claims=["roles", "phone_number"]).application.client_id)
    person = small_town.person("guardian")
    person.phone = "13800000000"
    told = api.released(client, person, username="guardian", at=timezone.now())
    assert told == {"roles": ["guardian"], "phone_number": "13800000000"}
    entry = AuditEntry.objects.unscoped(WHY).get(action="applications.released")
    assert entry.changes == {"client": client.client_id, "claims": ["phone_number"]}


def test_sign_ins_are_counted_by_day_and_nobody_is_kept(small_town):
    client_id = made(small_town).application.client_id
    at = timezone.now()
    for person in (1, 1, 2):
        api.signed_in(client_id, person, "cas", at)
    api.signed_in("nobody", 1, "cas", at)
    assert list(SignInDay.objects.unscoped(WHY).values_list("protocol", "count", "people")) == [("cas", 3, 2)]
    forget_visitors(at + timedelta(days=3))
    assert DayVisitor.objects.count() == 0


def test_who_sees_an_application(small_town):
    made(small_town)
    seen = {
        name for name in ("clerk", "officer", "city_officer", "operator", "auditor", "head",
                          "other_clerk", "other_officer", "pupil", "teacher", "stranger")
        if Application.objects.visible_to(small_town.actor(name)).exists()
    }  # fmt: skip
    assert seen == {"clerk", "officer", "city_officer", "operator", "auditor", "head"}
    assert not ClientSecret.objects.visible_to(small_town.actor("other_officer")).exists()
