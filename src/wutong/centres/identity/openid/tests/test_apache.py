"""A real Apache with mod_auth_openidc in front of an application: people go in by the centre, and out with it."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tools import apache
from tools.postgres import free_port
from tools.town import Town

pytestmark = [pytest.mark.browser, pytest.mark.slow]
MODULE = "auth_openidc"
HERE = {"locale": "zh-CN", "timezone_id": "Asia/Shanghai"}
CONFIG = """
OIDCProviderMetadataURL {centre}/.well-known/openid-configuration
OIDCClientID {client_id}
OIDCClientSecret {secret}
OIDCRedirectURI {app}/callback
OIDCCryptoPassphrase a-passphrase-of-this-test
OIDCScope "openid profile organisation"
OIDCPKCEMethod S256
OIDCSessionType server-cache
OIDCDefaultLoggedOutURL {app}/out/
OIDCUserInfoRefreshInterval 3600
OIDCRemoteUserClaim sub
LogLevel auth_openidc:info
<Location /app>
  AuthType openid-connect
  Require valid-user
</Location>
<Location /app/out>
  AuthType None
  Require all granted
</Location>
"""
REGISTER = """
import json, sys, django
django.setup()
from wutong.centres.identity.applications.api import create_client
from wutong.kernel.people.queries import root
from wutong.kernel.policy import SYSTEM
made = create_client(SYSTEM, root(), **json.loads(sys.argv[1]))
print(json.dumps({"client_id": made.application.client_id, "secret": made.secret}))
"""


@dataclass(frozen=True)
class Site:
    """An application behind Apache: its own address."""

    address: str
    server: apache.Apache


def register(town: Town, **facts: Any) -> dict[str, str]:
    environment = os.environ | {
        "WUTONG_DATA": str(town.data),
        "DJANGO_SETTINGS_MODULE": "wutong.config.settings",
    }
    command = [sys.executable, "-c", REGISTER, json.dumps(facts)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def site(town: Town) -> Iterator[Site]:
    if reason := apache.missing(MODULE):
        pytest.skip(reason)
    port = free_port()
    app = f"http://127.0.0.1:{port}/app"
    made = register(
        town, name="备课平台", purpose="全市教师备课。", grants=["authorization_code", "refresh_token"], reach="all",
        redirect_uris=[f"{app}/callback"], post_logout_redirect_uris=[f"{app}/out/"],
        backchannel_logout_uri=f"{app}/callback?logout=backchannel",
        scopes=["openid", "profile", "organisation"], claims=["name", "roles", "preferred_username"],
    )  # fmt: skip
    config = CONFIG.format(centre=town.address, app=app, **made)
    modules = ("authz_host", MODULE)
    with apache.server(port, config, *modules, pages=("app", "app/out")) as server:
        yield Site(f"{app}/", server)


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


def agree(page: Any, site: Site) -> None:
    page.get_by_role("button", name="同意并登录").click()
    page.wait_for_url(f"{site.address}**")


def go_in(page: Any, site: Site, login: str, password: str) -> dict[str, str]:
    page.goto(site.address)
    sign_in(page, login, password)
    page.wait_for_url(lambda url: url.startswith(site.address) or "/oauth/authorize" in url)
    if "/oauth/authorize" in page.url and page.get_by_role("button", name="同意并登录").count():
        agree(page, site)
    page.wait_for_url(f"{site.address}**")
    return told(page)


def test_people_go_in_by_the_centre_and_the_application_learns_what_was_approved(
    site, town, browser, demo_password
):
    page = browser.new_page()
    page.goto(site.address)
    assert page.url.startswith(f"{town.address}/accounts/login/")
    sign_in(page, "teacher", "not the password")
    assert page.locator("[name=password]").count() == 1
    sign_in(page, "teacher", demo_password)
    page.get_by_role("heading", name="登录“备课平台”").wait_for()
    assert "上海市教育委员会" in page.locator("main").inner_text()
    agree(page, site)
    facts = told(page)
    assert facts["OIDC_CLAIM_iss"] == town.address
    assert facts["OIDC_CLAIM_preferred_username"] == "teacher"
    assert facts["OIDC_CLAIM_acr"] == "urn:wutong:acr:password"
    assert facts["REMOTE_USER"].startswith(facts["OIDC_CLAIM_sub"])
    assert not {"OIDC_CLAIM_birthdate", "OIDC_CLAIM_phone_number", "OIDC_CLAIM_gender"} & set(facts)
    assert "code=" not in page.url


def test_an_application_signs_out_of_the_centre_too(site, town, browser, demo_password):
    page = browser.new_page()
    go_in(page, site, "school", demo_password)
    page.goto(f"{site.address}callback?logout={site.address}out/")
    page.wait_for_url(f"{site.address}out/")
    page.goto(f"{town.address}/notices/")
    assert page.url.startswith(f"{town.address}/accounts/login/")
    page.goto(site.address)
    assert page.url.startswith(f"{town.address}/accounts/login/")


def test_signing_out_of_the_centre_closes_the_application(site, town, browser, demo_password):
    page = browser.new_page()
    go_in(page, site, "district", demo_password)
    page.goto(f"{town.address}/accounts/logout/")
    page.locator("main button[type=submit]").click()
    page.wait_for_url(f"{town.address}/accounts/login/**")
    last = time.monotonic() + 60
    while time.monotonic() < last:
        page.goto(site.address)
        if not page.url.startswith(site.address):
            return
        time.sleep(0.2)
    pytest.fail(f"the application was not told:\n{site.server.log}")
