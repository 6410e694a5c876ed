"""The protocol as services and browsers see it (CAS 3.0.3)."""

import re
from datetime import timedelta
from urllib.parse import parse_qs, urlencode, urlsplit
from xml.etree import ElementTree

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from wutong.centres.identity.applications.api import create_client
from wutong.centres.identity.cas import tickets
from wutong.centres.identity.cas.models import ServiceSession, Ticket
from wutong.kernel.audit.models import AuditEntry
from wutong.kernel.policy import SYSTEM
from wutong.kernel.testing.factories import PASSWORD

pytestmark = pytest.mark.django_db(databases="__all__")
PREFIX = "https://library.school.edu.cn/app"
SERVICE = f"{PREFIX}/in?page=1&x=甲".replace("甲", "%E7%94%B2")
OTHER = "https://canteen.school.edu.cn/"
WHY = "looked at by a test"
NS = {"cas": "http://www.yale.edu/tp/cas"}


@pytest.fixture(autouse=True)
def no_earlier_tries():
    cache.clear()


def register(town, prefix=PREFIX, *, name="图书馆", where="gaoan", **facts):
    values = {"grants": ["cas"], "service_prefixes": [prefix], "auth_method": "none", "reach": "all", **facts}
    return create_client(SYSTEM, town.place(where), name=name, **values).application


def alter(application, **facts):
    """As if it had been approved so."""
    for name, value in facts.items():
        setattr(application, name, value)
    application.save()


@pytest.fixture
def library(small_town):
    return register(small_town, claims=["name", "roles"])


def sign_in(browser, username, at="/accounts/login/"):
    return browser.post(at, {"login": username, "password": PASSWORD, "next": next_of(at)})


def next_of(address):
    return parse_qs(urlsplit(address).query).get("next", ["/"])[0]


def wish(browser, service=SERVICE, **more):
    return browser.get("/cas/login", {"service": service, **more})


def ticket_in(response):
    assert response.status_code == 302, response.content
    return parse_qs(urlsplit(response["Location"]).query)["ticket"][0]


@pytest.fixture
def clerk(library):
    browser = Client()
    sign_in(browser, "clerk")
    return browser


def ask(path, service=SERVICE, **more):
    """A service asks by itself: without the browser's cookies."""
    return Client().get(f"/cas/{path}", {"service": service, **more})


def xml(response):
    assert response["Content-Type"] == "application/xml; charset=utf-8"
    return ElementTree.fromstring(response.content.decode())


def user_in(response):
    return xml(response).findtext("cas:authenticationSuccess/cas:user", namespaces=NS)


def code_in(response):
    return xml(response).find("cas:authenticationFailure", NS).get("code")


# From the service's wish to the ticket.


def test_a_stranger_signs_in_and_comes_back_with_a_ticket(library, small_town):
    browser = Client()
    door = wish(browser)
    assert door.status_code == 302
    assert door["Location"].startswith("/accounts/login/?next=")
    back = sign_in(browser, "clerk", door["Location"])["Location"]
    assert back.startswith("/cas/login?")
    answer = browser.get(back)
    assert answer["Location"].startswith(f"{SERVICE}&ticket=ST-")
    assert len(ticket_in(answer)) >= 32
    assert answer["Cache-Control"].startswith("max-age=0")


def test_who_is_signed_in_goes_straight_on(clerk):
    first, second = ticket_in(wish(clerk)), ticket_in(wish(clerk))
    assert first != second
    assert re.fullmatch(r"ST-[A-Za-z0-9-]{32,253}", first)


def test_a_ticket_follows_the_question_mark_of_its_service(clerk):
    assert wish(clerk, PREFIX)["Location"].startswith(f"{PREFIX}?ticket=ST-")


@pytest.mark.parametrize(
    "service",
    [
        "https://evil.example/",
        "https://library.school.edu.cn.evil.example/app",
        "https://library.school.edu.cn/application",
        "https://library.school.edu.cn/app/../admin",
        "https://library.school.edu.cn@evil.example/app",
        "http://library.school.edu.cn/app",
        "//evil.example/app",
        "javascript:alert(1)",
        "data:text/html,x",
        "/accounts/logout/",
        f"{PREFIX}#@evil.example",
        f"{PREFIX}/in\r\nSet-Cookie: a=b",
        f"{PREFIX}\\@evil.example",
        PREFIX + "/" + "a" * 3000,
        "https://[::1/app",
        "\x00",
    ],
)
@pytest.mark.parametrize("gateway", ["", "true"])
def test_a_service_that_is_not_registered_gets_no_browser(clerk, service, gateway):
    for browser in (clerk, Client()):
        answer = wish(browser, service, gateway=gateway)
        assert answer.status_code == 403
        assert "Location" not in answer
        assert "没有在认证中心登记" in answer.content.decode()
    assert Ticket.objects.count() == 0
    entry = AuditEntry.objects.unscoped(WHY).filter(action="cas.refused").first()
    assert entry.changes == {"code": "INVALID_SERVICE"}


def test_a_suspended_service_gets_no_browser(clerk, library):
    alter(library, state="suspended")
    assert wish(clerk).status_code == 403


def test_an_openid_client_is_no_cas_service(clerk, library):
    alter(library, grants=["authorization_code"])
    assert wish(clerk).status_code == 403


def test_gateway_never_asks(library, clerk):
    assert wish(Client(), gateway="true")["Location"] == SERVICE
    assert "ticket=ST-" in wish(clerk, gateway="true")["Location"]


def test_renew_stands_above_gateway_and_single_sign_on(clerk):
    answer = wish(clerk, renew="true", gateway="true")
    assert answer["Location"].startswith("/accounts/reauthenticate/?next=")
    back = clerk.post(answer["Location"], {"password": PASSWORD})["Location"]
    ticket = ticket_in(clerk.get(back))
    assert user_in(ask("serviceValidate", ticket=ticket, renew="true")) is not None
    assert wish(clerk, renew="true")["Location"].startswith("/accounts/reauthenticate/")


def test_going_back_without_a_proof_is_asked_again(clerk):
    for _turn in range(2):
        assert wish(clerk, renew="true")["Location"].startswith("/accounts/reauthenticate/")
    assert Ticket.objects.count() == 0


def test_a_proof_for_one_service_is_none_for_another(clerk, small_town):
    register(small_town, OTHER, name="食堂")
    back = clerk.post(wish(clerk, renew="true")["Location"], {"password": PASSWORD})["Location"]
    assert back.startswith("/cas/login")
    assert wish(clerk, OTHER, renew="true")["Location"].startswith("/accounts/reauthenticate/")


def test_method_post_sends_the_ticket_in_a_form(clerk):
    answer = wish(clerk, method="POST")
    assert answer.status_code == 200
    page = answer.content.decode()
    assert 'name="ticket" value="ST-' in page
    assert f'action="{SERVICE.replace("&", "&amp;")}"' in page
    policy = dict(part.strip().split(" ", 1) for part in answer["Content-Security-Policy"].split(";"))
    assert policy["form-action"] == "'self' https://library.school.edu.cn"


def test_after_a_form_of_ours_a_page_goes_on(clerk):
    """A browser would refuse the redirect: the form may be sent to the house only."""
    page = clerk.get("/cas/login", {"service": SERVICE}, HTTP_SEC_FETCH_SITE="same-origin")
    assert page.status_code == 200
    found = re.search(r'http-equiv="refresh" content="0;url=([^"]+)"', page.content.decode())
    assert found[1].startswith(f"{SERVICE.replace('&', '&amp;')}&amp;ticket=ST-")


def test_without_a_service_one_signs_in_to_the_house(clerk):
    assert Client().get("/cas/login")["Location"] == "/accounts/login/?next=%2F"
    assert clerk.get("/cas/login")["Location"] == "/"


@pytest.mark.parametrize("method", ["post", "put", "delete", "options"])
def test_nothing_is_sent_here(library, method):
    for path in ("login", "serviceValidate", "validate", "proxy"):
        assert getattr(Client(), method)(f"/cas/{path}").status_code == 405


def test_a_service_that_wants_more_than_a_password_gets_more_or_nobody(small_town):
    register(small_town, acr="urn:wutong:acr:two-factor")
    browser = Client()
    back = sign_in(browser, "clerk", wish(browser)["Location"])["Location"]
    refused = browser.get(back)
    assert refused.status_code == 403
    assert "更强的登录方式" in refused.content.decode()
    assert Ticket.objects.count() == 0


@pytest.mark.parametrize(
    ("facts", "inside", "outside"),
    [
        ({"reach": "own"}, ["clerk", "pupil", "guardian", "teacher"], ["island_pupil", "other_clerk", "officer", "stranger"]),
        ({"reach": "own", "audience": ["teacher"]}, ["teacher", "class_teacher"], ["pupil", "guardian", "clerk"]),
        ({"audience": ["guardian"]}, ["guardian"], ["pupil", "stranger"]),
        ({"reach": "own", "audience": ["office"]}, ["clerk", "head"], ["teacher", "officer"]),
    ],
)  # fmt: skip
def test_only_those_it_is_for_go_in(small_town, facts, inside, outside):
    register(small_town, **facts)
    for username in inside + outside:
        browser = Client()
        browser.force_login(small_town.account(username))
        assert (username, wish(browser).status_code) == (username, 302 if username in inside else 403)


def test_a_sign_in_is_counted_for_its_day(clerk, library):
    wish(clerk), wish(clerk)
    assert list(library.days.unscoped(WHY).values_list("count", "people")) == [(2, 1)]


# Validation.


def test_cas_1_answers_in_lines(clerk):
    ticket = ticket_in(wish(clerk))
    answer = ask("validate", ticket=ticket)
    assert re.fullmatch(r"yes\n[a-z2-7]{26}\n", answer.content.decode())
    assert ask("validate", ticket=ticket).content == b"no\n\n"
    assert Client().get("/cas/validate").content == b"no\n\n"


def test_cas_2_answers_with_the_user_alone(clerk):
    root = xml(ask("serviceValidate", ticket=ticket_in(wish(clerk))))
    (success,) = root
    assert [child.tag for child in success] == ["{http://www.yale.edu/tp/cas}user"]


def attributes_of(response):
    found = xml(response).find("cas:authenticationSuccess/cas:attributes", NS)
    return {child.tag.partition("}")[2]: child.text for child in found}


def test_cas_3_answers_with_the_standard_attributes_and_what_was_approved(clerk, small_town):
    given = attributes_of(ask("p3/serviceValidate", ticket=ticket_in(wish(clerk))))
    moment = given.pop("authenticationDate")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", moment)
    assert given == {
        "longTermAuthenticationRequestTokenUsed": "false",
        "isFromNewLogin": "false",
        "name": "高教务",
        "roles": "clerk",
    }


def test_the_first_ticket_after_a_sign_in_says_so(library):
    browser = Client()
    back = sign_in(browser, "clerk", wish(browser)["Location"])["Location"]
    given = attributes_of(ask("p3/serviceValidate", ticket=ticket_in(browser.get(back))))
    assert given["isFromNewLogin"] == "true"


def test_json_is_asked_for_by_format(clerk, small_town):
    answer = ask("p3/serviceValidate", ticket=ticket_in(wish(clerk)), format="JSON").json()
    success = answer["serviceResponse"]["authenticationSuccess"]
    assert set(success) == {"user", "attributes"}
    assert success["attributes"]["name"] == "高教务"
    assert success["attributes"]["roles"] == ["clerk"]
    assert success["attributes"]["isFromNewLogin"] is False
    refused = ask("serviceValidate", ticket="ST-1", format="json").json()
    assert refused["serviceResponse"]["authenticationFailure"]["code"] == "INVALID_TICKET"


def test_a_service_may_know_people_by_their_account(small_town):
    register(small_town, claims=["preferred_username"], user_claim="preferred_username")
    browser = Client()
    sign_in(browser, "clerk")
    assert user_in(ask("serviceValidate", ticket=ticket_in(wish(browser)))) == "clerk"


def test_two_services_know_a_person_by_two_numbers(clerk, small_town):
    register(small_town, OTHER, name="食堂")
    one = user_in(ask("serviceValidate", ticket=ticket_in(wish(clerk))))
    again = user_in(ask("serviceValidate", ticket=ticket_in(wish(clerk))))
    other = user_in(ask("serviceValidate", OTHER, ticket=ticket_in(wish(clerk, OTHER))))
    assert one == again != other


def test_who_lacks_the_number_a_service_knows_people_by_is_told_at_the_door(small_town):
    register(small_town, claims=["staff_number"], user_claim="staff_number")
    browser = Client()
    sign_in(browser, "clerk")
    assert wish(browser).status_code == 403


@pytest.mark.parametrize(
    "path", ["serviceValidate", "p3/serviceValidate", "proxyValidate", "p3/proxyValidate"]
)
def test_a_ticket_holds_once(clerk, path):
    ticket = ticket_in(wish(clerk))
    assert user_in(ask(path, ticket=ticket)) is not None
    assert code_in(ask(path, ticket=ticket)) == "INVALID_TICKET"


@pytest.mark.parametrize(
    "service", [f"{PREFIX}/in", SERVICE + "&more=1", OTHER, "https://evil.example/", "x"]
)
def test_a_ticket_shown_for_another_service_is_gone(clerk, small_town, service):
    register(small_town, OTHER, name="食堂")
    ticket = ticket_in(wish(clerk))
    assert code_in(ask("serviceValidate", service, ticket=ticket)) == "INVALID_SERVICE"
    assert code_in(ask("serviceValidate", ticket=ticket)) == "INVALID_TICKET"
    entries = AuditEntry.objects.unscoped(WHY).filter(action="cas.refused").order_by("sequence")
    assert [entry.changes["code"] for entry in entries] == ["INVALID_SERVICE", "INVALID_TICKET"]
    assert ticket not in str([(entry.subject_name, entry.changes) for entry in entries])


def test_an_old_ticket_is_no_ticket(clerk):
    ticket = ticket_in(wish(clerk))
    Ticket.objects.update(expires=timezone.now() - timedelta(seconds=1))
    assert code_in(ask("serviceValidate", ticket=ticket)) == "INVALID_TICKET"
    assert Ticket.objects.count() == 0


def test_renew_is_enforced_at_validation_too(clerk):
    ticket = ticket_in(wish(clerk))
    assert code_in(ask("serviceValidate", ticket=ticket, renew="true")) == "INVALID_TICKET"
    assert code_in(ask("serviceValidate", ticket=ticket)) == "INVALID_TICKET"


def test_a_service_that_was_suspended_meanwhile_gets_no_answer(clerk, library):
    ticket = ticket_in(wish(clerk))
    alter(library, state="suspended")
    assert code_in(ask("serviceValidate", ticket=ticket)) == "INVALID_SERVICE"


@pytest.mark.parametrize("given", [{}, {"service": SERVICE}, {"ticket": "ST-1"}])
def test_what_is_missing_is_named(library, given):
    assert code_in(Client().get("/cas/serviceValidate", given)) == "INVALID_REQUEST"


@pytest.mark.parametrize(
    "ticket",
    [
        "ST-1",
        "ST-" + "0" * 48,
        "x" * 100_000,
        "\x00",
        "ST-<x>&\"'",
        "甲",
        "\ud800".encode("utf-8", "surrogatepass"),
        "' OR 1=1 --",
    ],
)
def test_a_guess_is_the_protocols_own_error(clerk, ticket):
    wish(clerk)
    assert code_in(ask("p3/serviceValidate", ticket=ticket)) == "INVALID_TICKET"
    assert Ticket.objects.count() == 1


def test_a_thousand_guesses_are_one_line_of_the_journal(clerk):
    for number in range(30):
        ask("serviceValidate", ticket=f"ST-{number}")
    assert AuditEntry.objects.unscoped(WHY).filter(action="cas.refused").count() == 1


def test_the_table_holds_no_ticket(clerk):
    ticket = ticket_in(wish(clerk))
    assert ticket not in str(Ticket.objects.values())
    ask("serviceValidate", ticket=ticket)
    assert ticket.encode() not in bytes(ServiceSession.objects.get().ticket)


def test_what_nobody_validates_is_forgotten(clerk):
    wish(clerk)
    assert tickets.forget(timezone.now()) == 0
    assert tickets.forget(timezone.now() + timedelta(minutes=2)) == 1


def test_validation_sets_no_cookie_and_is_kept_by_no_cache(clerk):
    answer = ask("p3/serviceValidate", ticket=ticket_in(wish(clerk)))
    assert not answer.cookies
    assert "no-store" in answer["Cache-Control"]


def test_a_parameter_given_twice_opens_nothing(clerk):
    query = urlencode([("service", SERVICE), ("service", "https://evil.example/")])
    assert clerk.get(f"/cas/login?{query}").status_code == 403
    query = urlencode([("service", "https://evil.example/"), ("service", SERVICE)])
    assert clerk.get(f"/cas/login?{query}")["Location"].startswith(SERVICE)
