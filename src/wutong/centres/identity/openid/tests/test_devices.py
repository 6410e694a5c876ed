"""A screen without a keyboard signs in: it shows a code, a telephone says yes."""

from datetime import timedelta

import pytest
from django.test import Client as Browser
from django.utils import timezone

from wutong.centres.identity.openid.models import DeviceRequest, Grant
from wutong.centres.identity.openid.tests.relying import DEVICE, new_key, proof, register, signed_in
from wutong.centres.identity.openid.tests.test_tokens import error_of, userinfo

pytestmark = pytest.mark.django_db(databases="__all__")


def begin(app, **more):
    answer = app.post("/oauth/device_authorization", scope="openid profile", **more)
    assert answer.status_code == 200, answer.content
    return answer.json()


def poll(app, code, **more):
    return app.post(grant_type=DEVICE, device_code=code, **more)


def later(seconds=5):
    polled = timezone.now() - timedelta(seconds=seconds)
    DeviceRequest.objects.exclude(polled=None).update(polled=polled)


def test_a_screen_signs_in(app, teacher):
    given = begin(app)
    assert given["verification_uri"] == "http://testserver/oauth/device"
    assert (given["expires_in"], given["interval"]) == (600, 5)
    assert error_of(poll(app, given["device_code"])) == "authorization_pending"
    page = teacher.get(given["verification_uri_complete"])
    assert given["user_code"] in page.content.decode()
    page = teacher.post("/oauth/device", {"user_code": given["user_code"].lower().replace("-", " ")})
    assert "阅读" in page.content.decode()
    done = teacher.post("/oauth/device", {"user_code": given["user_code"], "answer": "allow"}, follow=True)
    assert "设备已登录" in done.content.decode()
    tokens = poll(app, given["device_code"]).json()
    assert userinfo(tokens["access_token"]).json()["name"] == "陈语文"


def test_a_device_code_works_once_and_a_replay_ends_what_it_gave(app, teacher):
    given = begin(app)
    teacher.post("/oauth/device", {"user_code": given["user_code"], "answer": "allow"})
    tokens = poll(app, given["device_code"]).json()
    assert error_of(poll(app, given["device_code"])) == "invalid_grant"
    assert userinfo(tokens["access_token"]).status_code == 401


def test_typing_the_code_alone_lets_nothing_in(app, teacher):
    given = begin(app)
    teacher.get(given["verification_uri_complete"])
    teacher.post("/oauth/device", {"user_code": given["user_code"]})
    assert error_of(poll(app, given["device_code"])) == "authorization_pending"


def test_who_says_no(app, teacher):
    given = begin(app)
    teacher.post("/oauth/device", {"user_code": given["user_code"], "answer": "deny"})
    assert error_of(poll(app, given["device_code"])) == "access_denied"
    again = teacher.post("/oauth/device", {"user_code": given["user_code"], "answer": "allow"})
    assert (again.status_code, Grant.objects.unscoped("the test's own").count()) == (422, 0)


def test_who_asks_too_soon_waits_longer(app):
    given = begin(app)
    errors = [error_of(poll(app, given["device_code"])) for _time in range(2)]
    assert errors == ["authorization_pending", "slow_down"]
    later(8)
    assert error_of(poll(app, given["device_code"])) == "slow_down"
    later(16)
    assert error_of(poll(app, given["device_code"])) == "authorization_pending"


def test_a_device_code_of_another_or_too_old(app, teacher, small_town):
    given, other = begin(app), register(small_town, name="别的")
    assert error_of(poll(other, given["device_code"])) == "invalid_grant"
    assert error_of(poll(app, "made-up")) == "invalid_grant"
    DeviceRequest.objects.update(expires=timezone.now())
    assert error_of(poll(app, given["device_code"])) == "expired_token"
    assert teacher.post("/oauth/device", {"user_code": given["user_code"]}).status_code == 422


def test_wrong_codes_are_answered_alike_and_not_without_end(app, teacher):
    given = begin(app)
    DeviceRequest.objects.update(expires=timezone.now())
    answers = [
        teacher.post("/oauth/device", {"user_code": code}) for code in (given["user_code"], "BBBB-BBBB")
    ]
    assert {each.context["form"].errors["user_code"][0] for each in answers} == {
        "代码不对，或者已经过期。请看设备上现在显示的代码。"
    }
    fresh = begin(app)
    for _try in range(8):
        teacher.post("/oauth/device", {"user_code": "BBBB-BBBB"})
    assert teacher.post("/oauth/device", {"user_code": fresh["user_code"]}).status_code == 422
    assert signed_in("clerk").post("/oauth/device", {"user_code": fresh["user_code"]}).status_code == 200


def test_a_stranger_signs_in_first(app):
    answer = Browser().get("/oauth/device", {"user_code": "BCDF-GHJK"})
    assert answer.url == "/accounts/login/?next=/oauth/device%3Fuser_code%3DBCDF-GHJK"


def test_without_that_grant_no_device(small_town):
    app = register(small_town, grants=["authorization_code"])
    assert error_of(app.post("/oauth/device_authorization", scope="openid")) == "unauthorized_client"


def test_the_level_of_the_registry_is_a_must(small_town, teacher):
    app = register(small_town, acr="urn:wutong:acr:passkey")
    given = begin(app)
    page = teacher.post("/oauth/device", {"user_code": given["user_code"], "answer": "allow"}, follow=True)
    assert "更安全的登录方式" in page.content.decode()
    assert error_of(poll(app, given["device_code"])) == "authorization_pending"


def test_a_device_that_showed_a_key_comes_back_with_it(app, teacher):
    key = new_key()
    url = "http://testserver/oauth/device_authorization"
    given = begin(app, headers={"DPoP": proof(key, url=url)})
    teacher.post("/oauth/device", {"user_code": given["user_code"], "answer": "allow"})
    assert error_of(poll(app, given["device_code"])) == "invalid_dpop_proof"
    assert poll(app, given["device_code"], headers={"DPoP": proof(key)}).json()["token_type"] == "DPoP"


def test_codes_are_kept_as_keyed_hashes(app):
    given = begin(app)
    row = str(DeviceRequest.objects.get().__dict__)
    assert not any(given[name] in row for name in ("device_code", "user_code"))
