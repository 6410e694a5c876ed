from hypothesis import given
from hypothesis import strategies as st

from wutong.kernel.ui import charts

values = st.lists(st.floats(0, 1e9, allow_nan=False), min_size=1, max_size=40)


def points(text: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in (pair.split(",") for pair in text.split())]


@given(st.lists(st.floats(-1e6, 1e6, allow_nan=False), min_size=2, max_size=60))
def test_a_sparkline_stays_inside_its_box(numbers: list[float]) -> None:
    spark = charts.sparkline(numbers)
    assert spark is not None
    assert all(0 <= x <= 88 and 0 <= y <= 32 for x, y in points(spark.line))


def test_one_value_is_no_trend() -> None:
    assert charts.sparkline([5]) is None


@given(values, st.booleans())
def test_a_chart_keeps_every_value_and_stays_inside(numbers: list[float], from_zero: bool) -> None:
    drawn = charts.chart([str(index) for index in range(len(numbers))], numbers, from_zero=from_zero)
    assert [mark.value for mark in drawn.marks] == numbers
    assert all(0 <= y <= float(drawn.base) + 0.01 for _, y in points(drawn.line))


@given(st.floats(0, 1e9), st.floats(0, 1e9))
def test_ticks_reach_around_the_values(one: float, other: float) -> None:
    low, high = sorted((one, other))
    steps = charts.ticks(low, high)
    assert steps[0] <= low + (steps[1] - steps[0]) * 1e-6
    assert steps[-1] >= high - (steps[1] - steps[0]) * 1e-6
    assert 2 <= len(steps) <= 8


def test_bars_begin_at_zero_and_lines_where_it_helps() -> None:
    assert charts.axis([92, 98], from_zero=True)[0] == 0
    assert charts.axis([92, 98], from_zero=False) == [92, 94, 96, 98]


def test_no_values_make_an_empty_chart() -> None:
    assert charts.chart([], []).marks == ()


def test_a_share_is_held_between_nothing_and_all() -> None:
    assert [charts.share(value, 50) for value in (-1, 0, 25, 60)] == ["0", "0", "50", "100"]
    assert charts.share(1, 0) == "0"
