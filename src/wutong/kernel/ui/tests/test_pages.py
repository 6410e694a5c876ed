"""Pages as the browser gets them: preferences, the gallery, and nothing inline anywhere."""

import re
from pathlib import Path

import pytest
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.test import RequestFactory

from wutong.kernel.ui import views
from wutong.kernel.ui.context import prefs
from wutong.kernel.ui.gallery import sample

SOURCE = Path(__file__).parents[3]
INLINE = re.compile(r"<style|\sstyle=|\son[a-z]+=\"|javascript:|<script(?![^>]*\ssrc=)", re.IGNORECASE)


def post(data: dict[str, str], **extra: str) -> HttpRequest:
    return RequestFactory().post("/preferences/", data, **extra)


@pytest.mark.parametrize("place", ["next", "referer"])
@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("/inbox/?page=2", "/inbox/?page=2"),
        ("http://testserver/registers/", "http://testserver/registers/"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("/\\evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("", "/"),
    ],
)
def test_a_choice_of_display_leads_back_to_our_own_pages_only(place: str, url: str, expected: str) -> None:
    request = (
        post({"size": "large", "next": url}) if place == "next" else post({"size": "large"}, HTTP_REFERER=url)
    )
    response = views.preferences(request)
    assert (response.status_code, response["Location"]) == (302, expected)


def test_a_choice_is_kept_in_a_cookie_out_of_reach_of_scripts() -> None:
    response = views.preferences(post({"theme": "dark"}))
    assert {name: morsel.value for name, morsel in response.cookies.items()} == {"wt_theme": "dark"}
    assert (response.cookies["wt_theme"]["httponly"], response.cookies["wt_theme"]["samesite"]) == (
        True,
        "Lax",
    )


@pytest.mark.parametrize("data", [{"size": "huge"}, {"size": "large", "theme": "red"}, {"colour": "red"}, {}])
def test_what_nobody_offered_is_refused_and_nothing_is_kept(data: dict[str, str]) -> None:
    response = views.preferences(post(data))
    assert (response.status_code, len(response.cookies)) == (422, 0)


def test_display_is_not_changed_by_following_a_link() -> None:
    assert views.preferences(RequestFactory().get("/preferences/?size=large")).status_code == 405


def test_a_strange_cookie_counts_as_the_default() -> None:
    request = RequestFactory().get("/")
    request.COOKIES = {"wt_size": "large", "wt_theme": '"><script>'}
    assert prefs(request)["prefs"] == {"size": "large", "contrast": "normal", "theme": "auto"}


def test_no_template_carries_inline_style_or_script() -> None:
    found = {
        f"{path.relative_to(SOURCE)}:{number}"
        for path in SOURCE.rglob("templates/**/*.html")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if INLINE.search(line)
    }
    assert found == set()


@pytest.mark.parametrize(
    "bad",
    ['<p style="x">', "<style>", '<a onclick="x()">', "<script>x()</script>", '<a href="javascript:x">'],
)
def test_the_search_for_inline_parts_finds_them(bad: str) -> None:
    assert INLINE.search(bad)


def test_the_gallery_page_has_one_heading_unique_ids_and_named_controls() -> None:
    html = render_to_string("ui/gallery.html", sample())
    ids = re.findall(r'\sid="([^"]+)"', html)
    assert html.count("<h1>") == 1
    assert sorted(ids) == sorted(set(ids))
    described = {
        name
        for value in re.findall(r'aria-(?:describedby|labelledby)="([^"]+)"', html)
        for name in value.split()
    }
    assert described - set(ids) == set()


@pytest.mark.parametrize("name", ["400", "403", "403_csrf", "404", "422", "500"])
def test_an_error_page_needs_no_request_and_says_how_to_go_on(name: str) -> None:
    html = render_to_string(f"{name}.html")
    assert html.count("<h1>") == 1
    assert "请" in html.split("</h1>")[1]
    assert 'href="/"' in html
