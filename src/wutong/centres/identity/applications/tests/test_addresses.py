"""Which addresses may be named, and which answer goes where."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from wutong.centres.identity.applications.addresses import (
    fault_of,
    fault_of_prefix,
    normal,
    prefixes_of,
    redirect_allowed,
)

GOOD = [
    "https://app.school.edu.cn/callback",
    "https://app.school.edu.cn:8443/callback?tenant=1",
    "http://127.0.0.1:3000/callback",
    "http://[::1]/callback",
    "http://localhost/callback",
]
BAD = [
    "",
    "javascript:alert(1)",
    "JavaScript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "http://app.school.edu.cn/callback",
    "https://",
    "https:///callback",
    "//app.school.edu.cn/callback",
    "/callback",
    "https://user:word@app.school.edu.cn/callback",
    "https://app.school.edu.cn@evil.example/callback",
    "https://app.school.edu.cn/callback#fragment",
    "https://app.school.edu.cn/callback#",
    "https://*.school.edu.cn/callback",
    "https://app.school.edu.cn/*",
    "https://app.school.edu.cn\\@evil.example/",
    "https://app.school.edu.cn/a\r\nSet-Cookie: a=b",
    "https://app.school.edu.cn/a b",
    "https://app.school.edu.cn:99999/",
    "https://应用.edu.cn/",
    "https://app.school.edu.cn/" + "a" * 500,
    "com.example.app:/callback",
    "http://127.0.0.1.evil.example/callback",
]


@pytest.mark.parametrize("uri", GOOD)
def test_a_sound_address_is_taken(uri: str):
    assert fault_of(uri) == ""


@pytest.mark.parametrize("uri", BAD)
def test_an_unsound_address_is_refused_with_a_sentence(uri: str):
    assert str(fault_of(uri)) != ""
    assert redirect_allowed(uri, [uri]) is False


@pytest.mark.parametrize(
    "tail", ["/..", "/../admin", "/%2e%2e/admin", "/a//b", "?a=1", "/.%2E/x", "/%5c..", "/a%00"]
)
def test_a_prefix_stays_where_it_says(tail: str):
    assert str(fault_of_prefix(f"https://app.school.edu.cn/app{tail}")) != ""


REGISTERED = "https://app.school.edu.cn/callback"


@pytest.mark.parametrize(
    "uri",
    [
        f"{REGISTERED}/",
        f"{REGISTERED}?next=https://evil.example",
        f"{REGISTERED}/more",
        "https://app.school.edu.cn/Callback",
        "https://app.school.edu.cn:443/callback",
        "https://APP.school.edu.cn/callback",
        "https://app.school.edu.cn.evil.example/callback",
        "https://app.school.edu.cn/callback%2f..",
    ],
)
def test_a_redirect_is_the_registered_text_and_nothing_like_it(uri: str):
    assert redirect_allowed(REGISTERED, [REGISTERED])
    assert not redirect_allowed(uri, [REGISTERED])


def test_a_native_application_may_be_answered_on_any_port_of_its_own_machine():
    registered = ["http://127.0.0.1/callback"]
    assert redirect_allowed("http://127.0.0.1:51004/callback", registered)
    assert redirect_allowed("http://[::1]:51004/callback", ["http://[::1]/callback"])
    assert not redirect_allowed("http://127.0.0.1:51004/other", registered)
    assert not redirect_allowed("http://localhost:51004/callback", ["http://localhost/callback"])
    assert not redirect_allowed("https://127.0.0.1:51004/callback", registered)


segment = st.text("abcxyz019-_~", min_size=1, max_size=8)


@given(
    st.lists(segment, max_size=6), st.lists(segment, max_size=6), st.sampled_from(["", "?a=1", "?x=/../y"])
)
@example([], [], "")
def test_a_service_lies_under_every_whole_part_of_its_path(head: list[str], tail: list[str], query: str):
    prefix = "/".join(["https://app.school.edu.cn", *head])
    service = "/".join([prefix, *tail]) + query
    found = prefixes_of(service)
    assert normal(prefix) in found
    assert found == sorted(found, key=len, reverse=True)
    assert normal(prefix) + "x" not in prefixes_of(prefix)


@pytest.mark.parametrize(
    ("service", "foreign"),
    [
        ("https://app.school.edu.cn/application", "https://app.school.edu.cn/app"),
        ("https://app.school.edu.cn.evil.example/app", "https://app.school.edu.cn"),
        ("https://app.school.edu.cn:8443/app", "https://app.school.edu.cn/app"),
        ("http://127.0.0.1:1/app", "http://127.0.0.1:2/app"),
    ],
)
def test_a_service_lies_under_no_other_prefix(service: str, foreign: str):
    assert foreign not in prefixes_of(service)


def test_a_service_that_climbs_lies_nowhere():
    assert prefixes_of("https://app.school.edu.cn/app/../admin") == []
    assert prefixes_of("https://app.school.edu.cn/app/%2e%2e/admin") == []


@pytest.mark.parametrize("service", [uri for uri in BAD if "*" not in uri and len(uri) < 500])
def test_an_unsound_service_lies_nowhere(service: str):
    assert prefixes_of(service) == []


def test_the_port_that_goes_without_saying_and_capitals_of_the_host_do_not_count():
    assert normal("https://APP.School.edu.cn:443/App/") == "https://app.school.edu.cn/App"
