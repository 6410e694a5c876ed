"""Nothing serious for axe-core on any page, in each way of showing it; nothing wider than a phone."""

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.browser

Visit = Callable[..., Any]
OWN_CLASS = "/registers/classes/ #table tbody a"
PAGES = {
    "school": (
        "/",
        "/inbox/",
        "/inbox/ .wt-todo-title",
        "/master/change/",
        "/notices/",
        "/notices/new/",
        "/indicators/",
        "/indicators/ a.wt-stat",
        "/standards/",
        "/standards/ tbody a",
        "/registers/organisations/",
        "/registers/organisations/ #table tbody a",
        "/registers/persons/",
        "/registers/persons/?q=林一诺 #table tbody a",
        "/registers/persons/new/",
        "/registers/persons/import/",
        OWN_CLASS,
        "/search/?q=linyinuo",
        "/search/?q=zzzz",
        "/accounts/password/change/",
        "/accounts/security/",
        "/accounts/sessions/",
        "/accounts/cards/",
        "/accounts/cards/ main a.wt-todo-title",
        "/accounts/reauthenticate/",
        "/applications/",
        "/applications/new/",
        "/applications/ tbody a",
        "/records/stores/",
    ),
    "citizen": (
        "/records/mine/",
        "/records/mine/ .wt-hit a",
        "/records/mine/ .wt-acts a",
        "/records/learners/",
    ),
    "guardian": ("/", "/ a.wt-learner-more", "/notices/", "/notices/ .wt-hits a", "/inbox/"),
    "district": (
        "/",
        "/inbox/",
        "/inbox/ .wt-todo-title",
        "/inbox/ a.wt-chip",
        "/processes/",
        "/processes/change/",
        "/processes/change/rules/",
        "/processes/change/rules/ .wt-acts a",
        "/indicators/ a.wt-stat",
    ),
    "": (
        "/accounts/login/",
        "/accounts/activate/",
        "/accounts/activate/guardian/",
        "/inbox/progress/",
        "/announced/",
        "/verify/",
        "/not-there/",
    ),
}
MANNERS = {
    "light": {"theme": "light"},
    "dark": {"theme": "dark"},
    "high contrast": {"theme": "light", "contrast": "high"},
    "English": {"theme": "light", "language": "en"},
}
OUTSIDE = """() => [...document.querySelectorAll("body *")]
  .filter(each => each.getBoundingClientRect().right > innerWidth + 1)
  .slice(0, 3).map(each => each.outerHTML.slice(0, 120))"""


def open_page(page: Any, address: str) -> None:
    """`/inbox/ .wt-todo-title` is the page behind the first such link of the inbox."""
    path, _space, link = address.partition(" ")
    page.goto(path)
    if link:
        page.goto(page.locator(link).first.evaluate("link => link.href"))


@pytest.mark.parametrize("manner", MANNERS)
@pytest.mark.parametrize("login", PAGES)
def test_no_page_shuts_anybody_out(visit: Visit, axe: Callable[[Any], list[str]], login: str, manner: str):
    page = visit(login, **MANNERS[manner])
    faults = []
    for address in PAGES[login]:
        open_page(page, address)
        faults += [f"{address} {fault}" for fault in axe(page)]
    assert faults == []


@pytest.mark.parametrize("size", ["normal", "large"])
@pytest.mark.parametrize("login", PAGES)
def test_nothing_is_wider_than_a_phone(visit: Visit, login: str, size: str):
    page = visit(login, width=390, size=size)
    wide = {}
    for address in PAGES[login]:
        open_page(page, address)
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            wide[address] = page.evaluate(OUTSIDE)
    assert wide == {}
