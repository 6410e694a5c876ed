"""Positions of schools in one system, WGS-84. Degrees, longitude first.

GCJ-02 (Amap, Tencent) and BD-09 (Baidu) are published without a formula; the approximations in general use
are taken, and turned round by iteration. They agree with the maps to a few metres, which is the error of
`to_wgs84`; there and back by these functions costs less than a metre.
"""

from collections.abc import Callable
from math import atan2, cos, hypot, pi, sin, sqrt
from typing import Final, Literal, NamedTuple

from django.utils.translation import gettext_lazy as _

from wutong.kernel.errors import Invalid

System = Literal["WGS-84", "GCJ-02", "BD-09", "unknown"]

AXIS: Final = 6378245.0  # Krasovsky 1940, metres
ECCENTRICITY_SQUARED: Final = 0.00669342162296594323
BAIDU_ANGLE: Final = pi * 3000 / 180
STEPS: Final = 8  # of the iteration; each gains about two digits

SPELLINGS: dict[str, System] = {
    "wgs": "WGS-84",
    "gps": "WGS-84",
    "epsg:4326": "WGS-84",
    "cgcs2000": "WGS-84",  # differs from WGS-84 by centimetres
    "天地图": "WGS-84",
    "gcj": "GCJ-02",
    "火星": "GCJ-02",
    "amap": "GCJ-02",
    "gaode": "GCJ-02",
    "高德": "GCJ-02",
    "tencent": "GCJ-02",
    "腾讯": "GCJ-02",
    "bd-09": "BD-09",
    "bd09": "BD-09",
    "baidu": "BD-09",
    "百度": "BD-09",
}


class Point(NamedTuple):
    lon: float
    lat: float


class CoordinateError(Invalid):
    code = "coordinates"


def system_of(text: str) -> System:
    """The system that a source names in its own words, as "BD-09 (assumed: …)"; "unknown" if none or two."""
    plain = text.casefold()
    if plain.startswith("unknown"):
        return "unknown"
    named = {system for spelling, system in SPELLINGS.items() if spelling in plain}
    return named.pop() if len(named) == 1 else "unknown"


def to_wgs84(lon: float, lat: float, system: str) -> Point:
    """Raises CoordinateError for "unknown": a wrong guess is some hundred metres off."""
    converters: dict[str, Callable[[float, float], Point]] = {
        "WGS-84": Point,
        "GCJ-02": gcj02_to_wgs84,
        "BD-09": lambda lon, lat: gcj02_to_wgs84(*bd09_to_gcj02(lon, lat)),
    }
    if system not in converters:
        raise CoordinateError(_("不知道这个坐标属于哪种坐标系，请先注明是 WGS-84、GCJ-02 还是 BD-09。"))
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        raise CoordinateError(_("经纬度超出范围，请检查经度和纬度是否填反。"))
    return converters[system](lon, lat)


def in_shanghai(lon: float, lat: float) -> bool:
    """Within the box around the city, Chongming and the islands off it; a box, not the border."""
    return 120.85 <= lon <= 122.25 and 30.67 <= lat <= 31.88


def wgs84_to_gcj02(lon: float, lat: float) -> Point:
    """Outside the box of the country nothing is shifted."""
    if not (72.004 <= lon <= 137.8347 and 0.8293 <= lat <= 55.8271):
        return Point(lon, lat)
    east, north = _east(lon - 105, lat - 35), _north(lon - 105, lat - 35)
    curve = 1 - ECCENTRICITY_SQUARED * sin(lat * pi / 180) ** 2
    metres_of_lat = AXIS * (1 - ECCENTRICITY_SQUARED) / (curve * sqrt(curve)) * pi / 180
    metres_of_lon = AXIS / sqrt(curve) * cos(lat * pi / 180) * pi / 180
    return Point(lon + east / metres_of_lon, lat + north / metres_of_lat)


def gcj02_to_wgs84(lon: float, lat: float) -> Point:
    return _inverse(wgs84_to_gcj02, Point(lon, lat), Point(lon, lat))


def gcj02_to_bd09(lon: float, lat: float) -> Point:
    radius = hypot(lon, lat) + 0.00002 * sin(lat * BAIDU_ANGLE)
    angle = atan2(lat, lon) + 0.000003 * cos(lon * BAIDU_ANGLE)
    return Point(radius * cos(angle) + 0.0065, radius * sin(angle) + 0.006)


def bd09_to_gcj02(lon: float, lat: float) -> Point:
    return _inverse(gcj02_to_bd09, Point(lon, lat), Point(lon - 0.0065, lat - 0.006))


def _inverse(forward: Callable[[float, float], Point], target: Point, guess: Point) -> Point:
    """Moves the guess by what it misses; the shifts change so slowly that each step shrinks the error."""
    for _step in range(STEPS):
        reached = forward(*guess)
        guess = Point(guess.lon + target.lon - reached.lon, guess.lat + target.lat - reached.lat)
    return guess


def _east(x: float, y: float) -> float:
    """Metres by which GCJ-02 lies east of WGS-84, x and y in degrees from 105 E 35 N."""
    shift = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x))
    waves = (
        _ripple(x) + 20 * sin(pi * x) + 40 * sin(pi * x / 3) + 150 * sin(pi * x / 12) + 300 * sin(pi * x / 30)
    )
    return shift + waves * 2 / 3


def _north(x: float, y: float) -> float:
    shift = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x))
    waves = (
        _ripple(x) + 20 * sin(pi * y) + 40 * sin(pi * y / 3) + 160 * sin(pi * y / 12) + 320 * sin(pi * y / 30)
    )
    return shift + waves * 2 / 3


def _ripple(x: float) -> float:
    return 20 * sin(6 * pi * x) + 20 * sin(2 * pi * x)
