"""What every test may ask for: its own data folder, a real PostgreSQL, a real Chromium, a running town."""

import copy
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from django.conf import settings
from django.db import connection, transaction
from django.utils import translation

from tools import postgres
from tools.town import Town, serving, wutong

pytest.register_assert_rewrite("wutong.kernel.testing")

ROOT = Path(__file__).resolve().parent
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
PASSWORD = "wutong-demo-2026"
NO_CHROMIUM = pytest.mark.skip(reason="Chromium is not installed (apt-get install chromium)")
NO_POSTGRES = pytest.mark.skip(reason="needs a real PostgreSQL (make test DB=postgres)")

# A busy machine is not a wrong answer.
hypothesis.settings.register_profile("wutong", deadline=None)
hypothesis.settings.load_profile("wutong")


def pytest_configure(config: pytest.Config) -> None:
    """A folder for each process, so that no test meets another's files or a developer's own."""
    folder = Path(tempfile.mkdtemp(prefix="wutong-data-"))
    config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
    settings.DATA_DIR = folder
    settings.STATIC_ROOT = folder / "static"
    settings.STATIC_ROOT.mkdir()
    settings.STORAGES["default"]["OPTIONS"]["location"] = folder / "files"
    settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    # A hash that is slow on purpose costs minutes here; the accounts' own test asks for the real one.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *settings.PASSWORD_HASHERS]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    on_sqlite = "sqlite" in settings.DATABASES["default"]["ENGINE"]
    for item in items:
        if "chromium" in getattr(item, "fixturenames", ()):
            item.add_marker("browser")
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.xdist_group("browser"))
            if not CHROMIUM:
                item.add_marker(NO_CHROMIUM)
        if item.get_closest_marker("postgres") and on_sqlite and "postgres_server" not in item.fixturenames:
            item.add_marker(NO_POSTGRES)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The address of a PostgreSQL, started for these tests."""
    if not settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        yield os.environ["WUTONG_DATABASE"]
    elif postgres.programs() is None:
        pytest.skip("PostgreSQL is not installed (apt-get install postgresql)")
    else:
        with postgres.server() as address:
            yield address


def commits(item: pytest.Item) -> bool:
    """Whether a test lets other connections see its rows, so that nothing can be undone around it."""
    mark = item.get_closest_marker("django_db")
    return bool(mark and mark.kwargs.get("transaction"))


@pytest.fixture(scope="module")
def town_of_this_module(
    request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: Any
) -> Iterator[Any]:
    """Made once for the tests of a file, and undone after them; each test undoes its own changes."""
    # Models may be named only after Django's set-up, which follows the reading of this file.
    from wutong.kernel.testing.factories import prepared_town  # noqa: PLC0415  # its models exist only once Django is set up

    here = [item for item in request.session.items if item.nodeid.startswith(request.node.nodeid + "::")]
    if connection.vendor != "sqlite" and any(map(commits, here)):
        yield prepared_town
        return
    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch, transaction.atomic():
        # Django closes the connection after each test, and with it the town would be gone.
        patch.setattr(connection, "close", lambda: None)
        town = prepared_town()
        yield lambda: copy.deepcopy(town)
        transaction.set_rollback(True)


@pytest.fixture
def small_town(town_of_this_module: Any, db: None) -> Any:
    """Two districts, two schools in each, two classes in each school, and who works and learns there."""
    return town_of_this_module()


@pytest.fixture(autouse=True)
def in_the_language_of_the_house() -> Iterator[None]:
    """What a page was asked for in does not stay for the next test."""
    yield
    translation.activate(settings.LANGUAGE_CODE)


@pytest.fixture(autouse=True)
def nobody_has_tried() -> None:
    """Failures are counted in the memory of the process, which all tests share."""
    from wutong.centres.identity.accounts import throttle  # noqa: PLC0415  # its models exist only once Django is set up

    throttle.DOOR.clear()
    throttle.FAILED.clear()


@pytest.fixture(scope="session")
def demo_password() -> str:
    return PASSWORD


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """The demo town, made once and served: the fixture of every journey."""
    data = tmp_path_factory.mktemp("town")
    wutong("demo", "--scale", "town", "--seed", "1", "--password", PASSWORD, data=data)
    with serving(data) as served:
        yield served


@pytest.fixture(scope="session")
def live_server_url(town: Town) -> str:
    return town.address


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A browser for the session; take a fresh `page` for each journey."""
    sync_api = pytest.importorskip("playwright.sync_api")
    # Playwright's loop runs in this thread; Django would take every later query for an async one.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Any, town: Town) -> Iterator[Any]:
    context = chromium.new_context(base_url=town.address, locale="zh-CN", timezone_id="Asia/Shanghai")
    yield context.new_page()
    context.close()


@pytest.fixture(scope="session")
def axe() -> Callable[[Any], list[str]]:
    """Serious and critical violations on a page, a line each."""
    source = (ROOT / "node_modules/axe-core/axe.min.js").read_text(encoding="utf-8")
    tags = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}

    def violations(page: Any) -> list[str]:
        page.evaluate(source)
        found = page.evaluate("options => axe.run(document, options)", tags)["violations"]
        serious = [each for each in found if each["impact"] in ("serious", "critical")]
        return [f"{each['id']}: {node['html'][:160]}" for each in serious for node in each["nodes"]]

    return violations
