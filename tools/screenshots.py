"""`python -m tools.screenshots`: the pictures of the README, taken from the demo town as it is served.

Needs Chromium and Playwright, as the browser tests do. Says so if a picture is larger than a page should carry.
"""

import re
import secrets
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from tools.town import serving, wutong

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs/images"
LARGEST = 150_000
PASSWORD = secrets.token_urlsafe(9)  # of a town that lives as long as the pictures take
DESKTOP, PHONE = (1200, 740), (390, 780)


@dataclass(frozen=True)
class Shot:
    """`path` may be a pattern: the first link on the page `start` that it matches."""

    name: str
    login: str
    path: str
    size: tuple[int, int] = DESKTOP
    start: str = ""
    language: str = "zh-CN"


SHOTS = (
    Shot("home", "district", "/"),
    Shot("home-en", "district", "/", language="en-GB"),
    Shot("case", "district", r"/inbox/[A-Z]+-[0-9-]+/", start="/inbox/"),
    Shot("school", "district", r"/registers/organisations/\d+/", start="/registers/organisations/?q=田林"),
    Shot("phone-guardian", "guardian", "/", size=PHONE),
    Shot("phone-search", "school", "/search/?q=wang", size=PHONE),
)


def main() -> int:
    TARGET.mkdir(parents=True, exist_ok=True)
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    with tempfile.TemporaryDirectory(prefix="wutong-shots-") as folder, sync_playwright() as playwright:
        data = Path(folder)
        wutong("demo", "--seed", "1", "--password", PASSWORD, data=data)
        with serving(data) as town:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            sizes = [take(browser, town.address, shot) for shot in SHOTS]
            browser.close()
    too_large = [shot.name for shot, size in zip(SHOTS, sizes, strict=True) if size > LARGEST]
    if too_large:
        print(f"screenshots: larger than {LARGEST} bytes: {', '.join(too_large)}", file=sys.stderr)
    return 1 if too_large else 0


def take(browser: Any, address: str, shot: Shot) -> int:
    width, height = shot.size
    context = browser.new_context(
        base_url=address,
        locale=shot.language,
        timezone_id="Asia/Shanghai",
        viewport={"width": width, "height": height},
    )
    page = context.new_page()
    page.goto("/accounts/login/")
    page.fill("input[name=login]", shot.login)
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_url("**/")
    page.goto(destination(page, shot))
    page.wait_for_load_state("networkidle")
    size = keep(page.screenshot(), TARGET / f"{shot.name}.png")
    context.close()
    return size


def destination(page: Any, shot: Shot) -> str:
    if not shot.start:
        return shot.path
    page.goto(shot.start)
    found = re.search(f'href="({shot.path})"', page.content())
    if found is None:
        raise SystemExit(f"screenshots: no link {shot.path} on {shot.start}")
    return found[1]


def keep(png: bytes, path: Path) -> int:
    path.write_bytes(png)
    print(f"{path.relative_to(ROOT)} {len(png) // 1000} kB")
    return len(png)


if __name__ == "__main__":
    raise SystemExit(main())
