"""Every text on every background that the tokens declare can be read, in every block of tokens."""

import re
from pathlib import Path

import pytest

TOKENS = (Path(__file__).parents[1] / "static/ui/tokens.css").read_text(encoding="utf-8")
BLOCKS = {"light": ":root", "dark": ':root[data-theme="dark"]', "auto": ':root[data-theme="auto"]'}
HIGH = {
    "high": ':root[data-contrast="high"]',
    "dark high": ':root[data-theme="dark"][data-contrast="high"]',
    "auto high": ':root[data-theme="auto"][data-contrast="high"]',
}


def block(selector: str) -> dict[str, str]:
    body = TOKENS.split(f"{selector} {{", 1)[1].split("}", 1)[0]
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", body))


def theme(name: str) -> dict[str, str]:
    light, dark, high = block(BLOCKS["light"]), block(BLOCKS["dark"]), block(HIGH["high"])
    return {
        "light": light,
        "dark": light | dark,
        "auto": light | block(BLOCKS["auto"]),
        "high": light | high,
        "dark high": light | dark | high | block(HIGH["dark high"]),
        "auto high": light | dark | high | block(HIGH["auto high"]),
    }[name]


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """WCAG 2.2, definition of contrast ratio."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def pairs() -> list[list[str]]:
    return [pair.split("/") for line in re.findall(r"pairs: ([^\n*]+)", TOKENS) for pair in line.split()]


@pytest.mark.parametrize(
    ("name", "least"), [*((name, 4.5) for name in BLOCKS), *((name, 7.0) for name in HIGH)]
)
def test_declared_pairs_can_be_read(name: str, least: float) -> None:
    colours = theme(name)
    weak = {
        f"{text}/{ground}": round(contrast(colours[text], colours[ground]), 2) for text, ground in pairs()
    }
    assert {pair: ratio for pair, ratio in weak.items() if ratio < least} == {}


@pytest.mark.parametrize("name", [*BLOCKS, *HIGH])
def test_edges_of_fields_can_be_seen(name: str) -> None:
    colours = theme(name)
    assert {"paper", "sheet"} == {
        ground for ground in ("paper", "sheet") if contrast(colours["edge"], colours[ground]) >= 3
    }


def test_following_the_system_looks_like_choosing_dark() -> None:
    assert block(BLOCKS["auto"]) == block(BLOCKS["dark"])
    assert block(HIGH["auto high"]) == block(HIGH["dark high"])


def test_black_on_white_is_twenty_one_to_one() -> None:
    assert round(contrast("#000000", "#ffffff"), 2) == 21
