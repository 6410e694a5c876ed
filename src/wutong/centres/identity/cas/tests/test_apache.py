"""A real Apache with mod_auth_cas in front of an application: people go in by the centre, and out with it."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tools import apache
from tools.postgres import free_port
from tools.town import Town, wutong

pytestmark = [pytest.mark.browser, pytest.mark.slow]
MODULE = "auth_cas"
HERE = {"locale": "zh-CN", "timezone_id": "Asia/Shanghai"}
CONFIG = """
CASLoginURL {centre}/cas/login
CASValidateURL {centre}/cas/p3/serviceValidate
CASCookiePath {{folder}}/kept/
CASVersion 2
CASSSOEnabled On
CASAttributePrefix CAS-
CASAttributeDelimiter ;
CASTimeout 3600
CASIdleTimeout 3600
<Location /app>
  AuthType CAS
  CASAuthNHeader CAS-User
  CASScope /app
  Require valid-user
</Location>
<Location /app/heads>
  AuthType CAS
  CASAuthNHeader CAS-User
  CASScope /app
  Require user head
</Location>
"""


@dataclass(frozen=True)
class Site:
    """An application behind Apache: its own address."""

    address: str
    server: apache.Apache


@pytest.fixture(scope="module")
def site(town: Town) -> Iterator[Site]:
    if reason := apache.missing(MODULE):
        pytest.skip(reason)
    port = free_port()
    address = f"http://127.0.0.1:{port}/app"
    made = [
        "client",
        "create",
        "--name",
        "图书馆",
        "--grant",
        "cas",
        "--scope",
        "openid profile organisation",
    ]
    wutong(*made, "--redirect-uri", address, data=town.data)
    config = CONFIG.format(centre=town.address)
    with apache.server(port, config, MODULE, pages=("app", "app/heads")) as server:
        yield Site(f"{address}/", server)


@pytest.fixture
def browser(chromium: Any, town: Town) -> Iterator[Any]:
    context = chromium.new_context(base_url=town.address, **HERE)
    yield context
    context.close()


def told(page: Any) -> dict[str, str]:
    """What the module told Apache of the person, as the page shows it."""
    lines = page.locator("pre").inner_text().splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line)


def sign_in(page: Any, login: str, password: str) -> None:
    page.fill("[name=login]", login)
    page.fill("[name=password]", password)
    page.get_by_role("button", name="登录", exact=True).click()


def test_people_go_in_by_the_centre_and_the_application_learns_what_was_approved(
    site, town, browser, demo_password
):
    page = browser.new_page()
    page.goto(site.address)
    assert page.url.startswith(f"{town.address}/accounts/login/")
    sign_in(page, "teacher", "not the password")
    assert page.locator("[name=password]").count() == 1
    sign_in(page, "teacher", demo_password)
    page.wait_for_url(f"{site.address}**")
    facts = told(page)
    assert facts["REMOTE_USER"] == "teacher"
    assert facts["HTTP_CAS_ISFROMNEWLOGIN"] == "true"
    assert facts["HTTP_CAS_LONGTERMAUTHENTICATIONREQUESTTOKENUSED"] == "false"
    assert facts["HTTP_CAS_AUTHENTICATIONDATE"].endswith("Z")
    assert "teacher" in facts["HTTP_CAS_ROLES"]
    assert "ticket=" not in page.url


def test_one_sign_in_opens_the_application_and_one_sign_out_closes_it(site, town, browser, demo_password):
    page = browser.new_page()
    page.goto("/accounts/login/")
    sign_in(page, "school", demo_password)
    page.wait_for_url(f"{town.address}/")
    page.goto(site.address)
    assert told(page)["REMOTE_USER"] == "school"
    assert page.goto(f"{site.address}heads/").status == 401
    page.goto(f"{town.address}/cas/logout")
    until_asked_again(page, site)
    assert page.url.startswith(f"{town.address}/accounts/login/")


def until_asked_again(page: Any, site: Site) -> None:
    """The worker tells the application within moments; a busy machine may need more of them."""
    last = time.monotonic() + 60
    while time.monotonic() < last:
        page.goto(site.address)
        if not page.url.startswith(site.address):
            return
        time.sleep(0.2)
    pytest.fail(f"the application was not told:\n{site.server.log}")
