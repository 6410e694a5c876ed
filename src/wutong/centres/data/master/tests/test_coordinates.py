from math import asin, cos, radians, sin, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wutong.centres.data.master.coordinates import (
    CoordinateError,
    Point,
    bd09_to_gcj02,
    gcj02_to_bd09,
    gcj02_to_wgs84,
    in_shanghai,
    system_of,
    to_wgs84,
    wgs84_to_gcj02,
)

shanghai = st.builds(Point, st.floats(120.85, 122.25), st.floats(30.67, 31.88))
country = st.builds(Point, st.floats(73.1, 135), st.floats(18, 53.5))
abroad = st.builds(Point, st.floats(-180, 71), st.floats(-90, 90))


def metres(a: Point, b: Point) -> float:
    lon1, lat1, lon2, lat2 = map(radians, (*a, *b))
    half = sin((lat2 - lat1) / 2) ** 2 + cos(lat1) * cos(lat2) * sin((lon2 - lon1) / 2) ** 2
    return 2 * 6371008.8 * asin(sqrt(half))


@given(country)
def test_gcj02_there_and_back(point):
    assert metres(gcj02_to_wgs84(*wgs84_to_gcj02(*point)), point) < 0.01


@given(country)
def test_bd09_there_and_back(point):
    assert metres(bd09_to_gcj02(*gcj02_to_bd09(*point)), point) < 0.01


@given(shanghai)
def test_both_systems_lead_to_the_same_place(point):
    gcj = wgs84_to_gcj02(*point)
    bd = gcj02_to_bd09(*gcj)
    assert metres(to_wgs84(*gcj, "GCJ-02"), point) < 0.01
    assert metres(to_wgs84(*bd, "BD-09"), point) < 0.01
    assert to_wgs84(*point, "WGS-84") == point


@given(shanghai)
def test_in_shanghai_the_shift_is_some_hundred_metres_and_baidu_adds_about_a_kilometre(point):
    gcj = wgs84_to_gcj02(*point)
    assert 300 < metres(point, gcj) < 700
    assert 700 < metres(gcj, gcj02_to_bd09(*gcj)) < 1100


@given(abroad)
def test_abroad_nothing_is_shifted(point):
    assert wgs84_to_gcj02(*point) == point


@pytest.mark.parametrize(
    ("text", "system"),
    [
        ("GCJ-02 (Amap)", "GCJ-02"),
        ("BD-09 (assumed: Baidu place list)", "BD-09"),
        ("unknown (about 2017)", "unknown"),
        ("unknown (about 2013, perhaps Baidu)", "unknown"),
        ("", "unknown"),
        ("GCJ-02 or BD-09", "unknown"),
        ("wgs84", "WGS-84"),
        ("EPSG:4326", "WGS-84"),
        ("火星坐标系", "GCJ-02"),
        ("百度", "BD-09"),
    ],
)
def test_systems_are_recognised_as_sources_spell_them(text, system):
    assert system_of(text) == system


@pytest.mark.parametrize(
    ("lon", "lat", "system"),
    [
        (121.47, 31.23, "unknown"),
        (121.47, 31.23, "gcj"),
        (31.23, 121.47, "GCJ-02"),
        (float("nan"), 31.23, "WGS-84"),
    ],
)
def test_what_cannot_be_converted_is_refused(lon, lat, system):
    with pytest.raises(CoordinateError):
        to_wgs84(lon, lat, system)


def test_shanghai_box():
    inside = [(121.4737, 31.2304), (121.4, 31.62), (121.05, 30.89), (121.97, 30.88)]
    outside = [(120.58, 31.30), (121.47, 32.0), (31.23, 121.47), (120.75, 30.75)]
    assert [in_shanghai(*point) for point in inside + outside] == [True] * 4 + [False] * 4
