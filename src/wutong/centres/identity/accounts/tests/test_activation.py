"""Opening an account: from the printed sheet, by telephone, by signing up; each code once."""

import base64
import re
import threading
import zlib
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.utils import timezone

from wutong.centres.identity.accounts import activation, api, outbox
from wutong.centres.identity.accounts.codes import SIGNS, card_code, card_digest
from wutong.centres.identity.accounts.models import Account, BrowserSession, OneTimeCode
from wutong.kernel.audit.models import AuditEntry
from wutong.kernel.errors import Invalid, NotAllowed
from wutong.kernel.jobs.queue import run_due
from wutong.kernel.people import actions as people
from wutong.kernel.people.models import Membership, Person
from wutong.kernel.policy import SYSTEM
from wutong.kernel.testing import factories
from wutong.kernel.testing.factories import PASSWORD as SECRET

pytestmark = pytest.mark.django_db(databases="__all__")
FRESH = {"password": "ein-langer-satz-2026", "again": "ein-langer-satz-2026"}
PHONE = "13812345678"


@pytest.fixture(autouse=True)
def no_earlier_tries():
    cache.clear()


def sign_in(username):
    client = Client()
    client.post("/accounts/login/", {"login": username, "password": SECRET})
    return client


def words_of(pdf):
    """The text of each page, one string a line."""
    streams = re.findall(rb"stream\r?\n(.*?)endstream", pdf, re.DOTALL)
    pages = [
        zlib.decompress(base64.a85decode(each.strip(), adobe=False).removesuffix(b"~>"))
        if not each.strip().endswith(b"~>")
        else zlib.decompress(base64.a85decode(b"<~" + each.strip(), adobe=True))
        for each in streams
    ]
    return b"\n".join(pages).decode("latin-1")


def codes_on(pdf):
    return re.findall(rf"\(([{SIGNS}]{{5}}-[{SIGNS}]{{5}})\) Tj", words_of(pdf))


def cards(**lookup):
    return OneTimeCode.objects.unscoped("the test's own").filter(purpose="card", **lookup)


def membership(town, name):
    return Membership.objects.unscoped("the test's own").get(person=town.person(name))


def a_class_of(town, count):
    return [factories.person(f"学生{number:02d}", town.place("first"), "pupil") for number in range(count)]


def test_a_whole_class_is_activated_from_one_printed_sheet(small_town):
    pupils = a_class_of(small_town, 30)
    teacher = sign_in("class_teacher")
    address = f"/accounts/cards/{small_town.place('first').pk}/"
    page = teacher.get(address).content.decode()
    assert [name for name in map(str, pupils) if name not in page] == []
    printed = teacher.post(address, {"person": [each.pk for each in pupils]})
    assert printed["Content-Type"] == "application/pdf"
    codes = codes_on(printed.content)
    assert (len(codes), len(set(codes))) == (30, 30)
    for code in codes:
        phone = Client()
        phone.post("/accounts/activate/", {"code": code})
        form = phone.get("/accounts/activate/finish/").context["form"]
        done = phone.post("/accounts/activate/finish/", {"username": form["username"].value(), **FRESH})
        assert (done.status_code, done.url, phone.get("/").status_code) == (302, "/", 200)
    activated = Account.objects.filter(person__in=pupils)
    assert {account.person_id for account in activated} == {each.pk for each in pupils}
    assert cards(used=None).count() == 0
    assert [line.count("还没有") for line in [teacher.get(address).content.decode()]] == [0]


def test_the_code_stands_on_the_card_and_nowhere_else(small_town):
    card = activation.issue_card(small_town.actor("class_teacher"), membership(small_town, "pupil"))
    (row,) = cards()
    assert bytes(row.digest) == card_digest(card.code.lower().replace("-", " "))
    (entry,) = AuditEntry.objects.unscoped("the test's own").filter(action="accounts.issue_card")
    kept = f"{entry.content()} {vars(row)}"
    assert (card.code in kept, card.code.replace("-", "") in kept, entry.subject_name) == (
        False,
        False,
        str(membership(small_town, "pupil")),
    )


def test_a_card_opens_once(small_town):
    card = activation.issue_card(small_town.actor("class_teacher"), membership(small_town, "pupil"))
    first, second = Client(), Client()
    for phone in (first, second):
        assert phone.post("/accounts/activate/", {"code": card.code}).url == "/accounts/activate/finish/"
    assert first.post("/accounts/activate/finish/", FRESH).url == "/"
    assert second.post("/accounts/activate/finish/", FRESH).url == "/accounts/activate/"
    assert Client().post("/accounts/activate/", {"code": card.code}).status_code == 422


def test_a_new_card_voids_the_old_and_a_voided_one_opens_nothing(small_town):
    actor, where = small_town.actor("class_teacher"), small_town.place("first")
    old = activation.issue_card(actor, membership(small_town, "pupil"))
    new = activation.issue_card(actor, membership(small_town, "pupil"))
    assert Client().post("/accounts/activate/", {"code": old.code}).status_code == 422
    (row,) = cards(voided=None)
    sign_in("class_teacher").post(f"/accounts/cards/{where.pk}/", {"void": row.pk})
    assert Client().post("/accounts/activate/", {"code": new.code}).status_code == 422
    assert cards(voided=None).count() == 0


def test_a_card_expires(small_town):
    card = activation.issue_card(small_town.actor("class_teacher"), membership(small_town, "pupil"))
    cards().update(expires=timezone.now() - timedelta(seconds=1))
    answer = Client().post("/accounts/activate/", {"code": card.code})
    assert (answer.status_code, str(activation.REFUSED) in answer.content.decode()) == (422, True)


def test_a_card_for_who_has_an_account_sets_a_new_password_and_ends_the_sessions(small_town):
    elsewhere = sign_in("pupil")
    card = activation.issue_card(small_town.actor("class_teacher"), membership(small_town, "pupil"))
    phone = Client()
    phone.post("/accounts/activate/", {"code": card.code})
    phone.post("/accounts/activate/finish/", FRESH)
    account = Account.objects.get(username="pupil")
    assert (account.check_password(FRESH["password"]), account.check_password(SECRET)) == (True, False)
    assert (elsewhere.get("/").status_code, phone.get("/").status_code) == (302, 200)
    open_sessions = BrowserSession.objects.unscoped("the test's own").filter(ended=None, account=account)
    assert [session.amr for session in open_sessions] == [["pwd"]]
    (entry,) = AuditEntry.objects.unscoped("the test's own").filter(action="accounts.activate")
    assert entry.changes["account.password"] == ["•••", "•••"]


@pytest.mark.parametrize(
    ("who", "whom", "may"),
    [
        ("class_teacher", "pupil", True), ("clerk", "pupil", True), ("officer", "pupil", True),
        ("clerk", "teacher", True), ("class_teacher", "neighbour", False), ("class_teacher", "teacher", False),
        ("clerk", "head", False), ("clerk", "clerk", False), ("teacher", "pupil", False), ("head", "pupil", False),
        ("other_clerk", "pupil", False), ("operator", "pupil", False), ("guardian", "pupil", False),
        ("pupil", "pupil", False),
    ],
)  # fmt: skip
def test_who_may_print_a_card_for_whom(small_town, who, whom, may):
    if may:
        activation.issue_card(small_town.actor(who), membership(small_town, whom))
    else:
        with pytest.raises(NotAllowed):
            activation.issue_card(small_town.actor(who), membership(small_town, whom))
    assert cards().count() == int(may)


@pytest.mark.parametrize("name", ["teacher", "pupil", "auditor", "other_clerk"])
def test_the_page_of_another_class_is_not_there(small_town, name):
    assert sign_in(name).get(f"/accounts/cards/{small_town.place('first').pk}/").status_code == 404


def test_printing_asks_who_is_there_when_the_sign_in_is_old(small_town):
    teacher = sign_in("class_teacher")
    BrowserSession.objects.unscoped("the test's own").update(auth_time=timezone.now() - timedelta(hours=1))
    address = f"/accounts/cards/{small_town.place('first').pk}/"
    answer = teacher.post(address, {"person": small_town.person("pupil").pk})
    assert answer.url == f"/accounts/reauthenticate/?next={address.replace('/', '%2F')}"
    assert cards().count() == 0


def test_a_teacher_with_power_over_others_is_not_on_the_sheet(small_town):
    people.join(
        SYSTEM,
        small_town.place("gaoan"),
        person=small_town.person("teacher"),
        role="clerk",
        valid_from=factories.SINCE,
    )
    page = sign_in("clerk").get(f"/accounts/cards/{small_town.place('gaoan').pk}/").content.decode()
    assert (str(small_town.person("teacher")) in page, "这里还没有人" in page) == (False, True)


def test_codes_are_hard_to_mistake_and_to_guess():
    codes = {card_code() for _time in range(500)}
    assert len(codes) == 500
    assert {sign for code in codes for sign in code} - set(SIGNS) == {"-"}
    assert len(SIGNS) == 32


# By telephone -------------------------------------------------------------------------------------


@pytest.fixture
def sent(small_town):
    """A demonstration keeps what it would send; the codes, in the order they went out."""
    Account.objects.filter(username="operator").update(demo=True)

    def codes():
        run_due()
        return [(each["to"], re.search(r"\d{6}", each["text"]).group()) for each in reversed(outbox.kept())]

    return codes


@pytest.fixture
def family(small_town):
    child, mother = small_town.person("pupil"), small_town.person("guardian")
    people.set_identifier(SYSTEM, child, kind="identity", value=factories.identity(12))
    people.change_person(SYSTEM, mother, phone=PHONE)
    Account.objects.filter(person=mother).delete()
    return {"child": child.name, "number": factories.identity(12), "contact": PHONE}


def claim(purpose, values):
    browser = Client()
    return browser, browser.post(f"/accounts/activate/{purpose}/", values)


def finish(browser, code, **values):
    browser.post("/accounts/activate/code/", {"code": code})
    return browser.post("/accounts/activate/finish/", {**values, **FRESH})


def test_a_guardian_by_child_and_telephone(small_town, family, sent):
    browser, asked = claim("guardian", family)
    assert asked.url == "/accounts/activate/code/"
    ((to, code),) = sent()
    assert to == PHONE
    assert finish(browser, code, username=PHONE).url == "/"
    account = Account.objects.get(username=PHONE)
    assert (account.person, browser.get("/").status_code) == (small_town.person("guardian"), 200)


def test_a_teacher_by_staff_number_and_telephone(small_town, sent):
    teacher = small_town.person("teacher")
    people.set_identifier(SYSTEM, teacher, kind="staff", value="T20260001")
    people.change_person(SYSTEM, teacher, phone=PHONE)
    browser, _asked = claim("staff", {"name": teacher.name, "number": "t20260001", "contact": f"+86 {PHONE}"})
    ((_to, code),) = sent()
    assert finish(browser, code).url == "/"
    assert Account.objects.get(person=teacher).check_password(FRESH["password"])


def test_a_citizen_signs_up_by_telephone_or_mail(sent, small_town):
    for contact, phone in ((PHONE, PHONE), ("wu@example.org", "")):
        browser, _asked = claim("citizen", {"name": "吴市民", "contact": contact})
        code = sent()[-1][1]
        assert finish(browser, code, username=contact).url == "/"
        person = Account.objects.get(username=contact).person
        assert (person.name, person.phone) == ("吴市民", phone)


@pytest.mark.parametrize(
    "wrong", [{"child": "别的孩子"}, {"number": "310104201503080099"}, {"contact": "13900000000"}]
)
def test_what_is_not_true_gets_the_same_answer_and_no_code(family, sent, wrong):
    _browser, right = claim("guardian", family)
    _browser, answer = claim("guardian", {**family, "contact": "13900000001", **wrong})
    assert (answer.status_code, answer.url) == (right.status_code, right.url)
    assert [to for to, _code in sent()] == [PHONE]


def test_what_is_asked_writes_the_same_rows_whether_it_is_true_or_not(
    family, small_town, django_assert_num_queries
):
    at, made = timezone.now(), []
    for values in (family, {**family, "child": "没有此人"}):
        with connection.execute_wrapper(
            lambda execute, sql, *rest: (made.append(sql.split("VALUES")[0]), execute(sql, *rest))[1]
        ):
            activation.request_code("guardian", values, at)
        made.append("|")
    text = " ".join(made).split("|")
    assert text[0].strip() == text[1].strip()


def test_a_telephone_that_was_given_to_another_opens_no_foreign_account(sent, small_town):
    browser, _asked = claim("citizen", {"name": "吴市民", "contact": PHONE})
    finish(browser, sent()[-1][1], username=PHONE)
    cache.clear()
    claim("citizen", {"name": "郑后来", "contact": PHONE})
    assert len(sent()) == 1


def test_six_digits_are_tried_five_times(family, sent):
    browser, _asked = claim("guardian", family)
    ((_to, code),) = sent()
    wrong = "000000" if code != "000000" else "111111"
    for _try in range(5):
        assert browser.post("/accounts/activate/code/", {"code": wrong}).status_code == 422
    assert browser.post("/accounts/activate/code/", {"code": code}).status_code == 422


def test_a_code_belongs_to_the_browser_that_asked(family, sent):
    claim("guardian", family)
    ((_to, code),) = sent()
    assert Client().post("/accounts/activate/code/", {"code": code}).url == "/accounts/activate/"


def test_codes_to_one_telephone_are_few(family, sent):
    claim("guardian", family)
    _browser, again = claim("guardian", family)
    assert (again.status_code, len(sent())) == (422, 1)


def test_without_a_gateway_nothing_is_sent_and_the_page_says_so(family):
    _browser, _asked = claim("guardian", family)
    run_due()
    assert outbox.kept() == []
    assert "还没有接通短信" in Client().get("/accounts/activate/guardian/").content.decode()


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"username": "李小梅"}, "username"), ({"username": "abc"}, "username"), ({"username": "clerk"}, "username"),
        ({"password": "short", "again": "short"}, "password"), ({"password": "password123", "again": "password123"}, "password"),
        ({"again": "another-one-2026"}, "again"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_at_its_field(small_town, values, field):
    newcomer = factories.person("新同学", small_town.place("first"), "pupil")
    row = Membership.objects.unscoped("the test's own").get(person=newcomer)
    card = activation.issue_card(small_town.actor("class_teacher"), row)
    browser = Client()
    browser.post("/accounts/activate/", {"code": card.code})
    answer = browser.post("/accounts/activate/finish/", {"username": "xintongxue", **FRESH, **values})
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, [field])
    assert not Account.objects.filter(person=newcomer).exists()


def test_the_outbox_is_for_the_operator_of_a_demonstration(small_town):
    assert sign_in("operator").get("/accounts/outbox/").status_code == 404
    Account.objects.filter(username="operator").update(demo=True)
    assert sign_in("operator").get("/accounts/outbox/").status_code == 200
    assert sign_in("clerk").get("/accounts/outbox/").status_code == 404


def test_what_was_kept_is_sealed_and_goes_after_a_day(sent, family):
    claim("guardian", family)
    ((_to, code),) = sent()
    (row,) = outbox.OutboxMessage.objects.all()
    assert (code.encode() in bytes(row.text), PHONE.encode() in bytes(row.recipient)) == (False, False)
    assert outbox.forget(timezone.now()) == 0
    assert outbox.forget(timezone.now() + timedelta(hours=25)) == 1


def test_names_are_found_however_they_are_typed(small_town):
    api.open_account(small_town.person("stranger"), username="WuTong", password=SECRET)
    browser = Client()
    browser.post("/accounts/login/", {"login": "WUTONG", "password": SECRET})
    assert browser.get("/").status_code == 200
    assert Person.objects.unscoped("the test's own").filter(accounts__username="wutong").count() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True, databases=["default"])
def test_a_card_used_by_eight_at_once_opens_one_account():
    town = factories.small_town()
    newcomer = factories.person("新同学", town.place("first"), "pupil")
    row = Membership.objects.unscoped("the test's own").get(person=newcomer)
    card = activation.issue_card(SYSTEM, row)
    code, done = activation.card_behind(card.code, timezone.now()), []
    ready = threading.Barrier(8)

    def use(number):
        ready.wait()
        try:
            activation.activate(SYSTEM, code, username=f"newcomer{number}", password="hashed")
            done.append("opened")
        except Invalid:
            done.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=use, args=(number,)) for number in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(done) == ["opened"] + ["refused"] * 7
