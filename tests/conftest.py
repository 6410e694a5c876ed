"""Browsers of people who have signed in."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tools.town import Town

HERE = {"locale": "zh-CN", "timezone_id": "Asia/Shanghai"}


def sign_in(page: Any, login: str, password: str) -> None:
    page.goto("/accounts/login/")
    page.fill("[name=login]", login)
    page.fill("[name=password]", password)
    page.get_by_role("button", name="登录", exact=True).click()


@pytest.fixture(scope="session")
def doors(chromium: Any, town: Town, demo_password: str) -> Callable[[str], Any]:
    """What a browser keeps after signing in, once for each login: the sign-in is throttled here too."""
    kept: dict[str, Any] = {}

    def enter(login: str) -> Any:
        if login not in kept:
            context = chromium.new_context(base_url=town.address, **HERE)
            page = context.new_page()
            sign_in(page, login, demo_password)
            page.wait_for_url(town.address + "/")
            kept[login] = context.storage_state()
            context.close()
        return kept[login]

    return enter


@pytest.fixture
def visit(chromium: Any, town: Town, doors: Callable[[str], Any]) -> Iterator[Callable[..., Any]]:
    """`visit("school", width=390, theme="dark")` is a page of that person's own browser; no name is a stranger.

    At the end no page may have complained, of a script or of what the content security policy refused.
    """
    contexts: list[Any] = []
    complaints: list[str] = []

    def heard(message: Any) -> None:
        # The browser also notes a page that was refused with 403 or 404; the journey itself asks for that.
        if message.type in ("error", "warning") and "server responded with a status of 4" not in message.text:
            complaints.append(f"{message.type} on {message.location['url']}: {message.text}")

    def opened(login: str = "", *, width: int = 1280, language: str = "zh-hans", **preferences: str) -> Any:
        state = doors(login) if login else None
        size = {"width": width, "height": 900}
        context = chromium.new_context(base_url=town.address, storage_state=state, viewport=size, **HERE)
        kept = {"django_language": language, **{f"wt_{name}": value for name, value in preferences.items()}}
        context.add_cookies([{"name": name, "value": kept[name], "url": town.address} for name in kept])
        contexts.append(context)
        page = context.new_page()
        page.on("console", heard)
        page.on("pageerror", lambda error: complaints.append(f"{page.url}: {error}"))
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []
