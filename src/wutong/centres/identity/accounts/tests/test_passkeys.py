"""Passkeys in a real browser, with an authenticator that answers for its owner."""

import os
import subprocess
import sys
from urllib.parse import urlsplit

import pytest

pytestmark = pytest.mark.browser
SECURITY = "/accounts/security/"


def arrive(page, path):
    page.wait_for_url(lambda url: urlsplit(url).path == path)


OWNER = """
import django; django.setup()
from wutong.centres.identity.accounts import api
from wutong.kernel.people.models import Person
person = Person.objects.unscoped("for a test").get(pk=api.demo_people()["citizen"])
api.open_account(person, username="passkeys", password={password!r}, demo=True)
"""


@pytest.fixture
def owner(chromium, town, demo_password):
    """A browser of who has an account, on a device that answers for its owner."""
    environment = os.environ | {
        "WUTONG_DATA": str(town.data),
        "DJANGO_SETTINGS_MODULE": "wutong.config.settings",
    }
    subprocess.run([sys.executable, "-c", OWNER.format(password=demo_password)], env=environment, check=True)
    # The name of a machine, not its number: keys belong to names.
    context = chromium.new_context(base_url=town.address.replace("127.0.0.1", "localhost"), locale="zh-CN")
    page = context.new_page()
    device = context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True,
    }  # fmt: skip
    device.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    page.goto("/accounts/login/")
    page.fill("[name=login]", "passkeys")
    page.fill("[name=password]", demo_password)
    page.get_by_role("button", name="登录", exact=True).click()
    arrive(page, "/")
    yield page
    context.close()


def test_a_passkey_is_added_signs_in_confirms_and_is_removed(owner):
    page = owner
    page.goto(f"{SECURITY}webauthn/add/")
    page.get_by_label("名称").fill("我的手机")
    page.get_by_label("以后只用它登录，不输密码").check()
    page.get_by_role("button", name="添加", exact=True).click()
    arrive(page, f"{SECURITY}recovery-codes/")
    page.locator("summary", has_text="我的账号").click()
    page.get_by_role("button", name="退出登录").click()
    arrive(page, "/accounts/login/")
    page.goto("/accounts/login/?next=/notices/")
    page.get_by_role("button", name="用通行密钥登录").click()
    arrive(page, "/notices/")
    page.goto("/accounts/reauthenticate/?next=/accounts/sessions/")
    page.get_by_role("link", name="用通行密钥确认").click()
    page.get_by_role("button", name="用通行密钥").click()
    arrive(page, "/accounts/sessions/")
    page.goto(f"{SECURITY}webauthn/")
    assert page.get_by_role("row").count() == 2
    page.get_by_role("link", name="删除").click()
    page.get_by_role("button", name="删除").click()
    arrive(page, f"{SECURITY}webauthn/")
    assert page.get_by_text("还没有通行密钥").count() == 1
