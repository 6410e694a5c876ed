"""Geometry for server-rendered SVG. Coordinates leave as strings, so that no locale can put commas into them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass


def number(value: float) -> str:
    """At most two decimals, no trailing zeros, never "-0"."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def spread(values: Sequence[float], low: float, high: float, start: float, end: float) -> list[float]:
    """Map values from [low, high] to [start, end]; a flat range lands in the middle."""
    if high == low:
        return [(start + end) / 2 for _ in values]
    return [start + (value - low) / (high - low) * (end - start) for value in values]


def positions(count: int, start: float, end: float) -> list[float]:
    return spread(range(count), 0, max(count - 1, 0), start, end)


def joined(xs: Sequence[float], ys: Sequence[float]) -> str:
    return " ".join(f"{number(x)},{number(y)}" for x, y in zip(xs, ys, strict=True))


@dataclass(frozen=True, slots=True)
class Spark:
    width: str
    height: str
    line: str
    area: str
    end_x: str
    end_y: str


def sparkline(values: Sequence[float], width: float = 88, height: float = 32) -> Spark | None:
    """None with fewer than two values: one point is no trend."""
    if len(values) < 2:
        return None
    xs = positions(len(values), 3, width - 4)
    ys = spread(values, min(values), max(values), height - 5, 4)
    line = joined(xs, ys)
    area = f"{number(xs[0])},{number(height)} {line} {number(xs[-1])},{number(height)}"
    return Spark(number(width), number(height), line, area, number(xs[-1]), number(ys[-1]))


def ticks(low: float, high: float, wanted: int = 4) -> list[float]:
    """Round steps (1, 2, 2.5, 5 times a power of ten) from at most `low` to at least `high`."""
    if high - low <= abs(low) * 1e-12 + 1e-300:  # the same, as far as a chart can show
        return [low, low + 1.0]
    rough = (high - low) / wanted
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= rough * 0.999999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [step * index for index in range(first, last + 1)]


def axis(values: Sequence[float], from_zero: bool) -> list[float]:
    """Bars always begin at zero; a line may begin higher where zero would flatten it."""
    low, high = min(values, default=0), max(values, default=0)
    return ticks(min(low, 0) if from_zero or low < high / 2 else low, high)


@dataclass(frozen=True, slots=True)
class Mark:
    x: str
    y: str
    width: str
    height: str
    middle: str
    label: str
    shown: bool
    value: float


@dataclass(frozen=True, slots=True)
class Rule:
    y: str
    text: str


@dataclass(frozen=True, slots=True)
class Chart:
    width: str
    height: str
    left: str
    right: str
    base: str
    line: str
    area: str
    marks: tuple[Mark, ...]
    rules: tuple[Rule, ...]


def chart(labels: Sequence[str], values: Sequence[float], *, from_zero: bool = True) -> Chart:
    """Line and bar share one geometry: a bar is drawn from `marks`, a line from `line`."""
    width, height = 400.0, 210.0
    left, right, top, base = 44.0, width - 8, 10.0, height - 24
    steps = axis(values, from_zero)
    slot = (right - left) / max(len(values), 1)
    middles = [left + slot * (index + 0.5) for index in range(len(values))]
    ys = spread(values, steps[0], steps[-1], base, top)
    every = max(math.ceil(len(values) / 8), 1)
    marks = tuple(
        Mark(
            number(x - slot * 0.31), number(min(y, base)), number(slot * 0.62), number(max(base - y, 0)),
            number(x), str(label), index % every == 0, value,
        )
        for index, (x, y, label, value) in enumerate(zip(middles, ys, labels, values, strict=True))
    )  # fmt: skip
    heights = spread(steps, steps[0], steps[-1], base, top)
    rules = tuple(Rule(number(y), f"{step:,.10g}") for y, step in zip(heights, steps, strict=True))
    line = joined(middles, ys)
    area = (
        f"{number(middles[0])},{number(base)} {line} {number(middles[-1])},{number(base)}" if middles else ""
    )
    return Chart(
        number(width), number(height), number(left), number(right), number(base), line, area, marks, rules
    )


def share(value: float, maximum: float) -> str:
    """Percentage of the maximum, held to 0 … 100."""
    return number(min(max(value / maximum, 0), 1) * 100) if maximum > 0 else "0"
