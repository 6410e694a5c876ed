"""ISO 8601 durations (4.4.3.2) as seconds; of years and months the mean of the Julian calendar."""

import re

_DURATION = re.compile(
    r"P(?:([\d.,]+)W)?(?:([\d.,]+)Y)?(?:([\d.,]+)M)?(?:([\d.,]+)D)?(?:T(?:([\d.,]+)H)?(?:([\d.,]+)M)?(?:([\d.,]+)S)?)?"
)
_SECONDS = (604_800, 31_557_600, 2_629_800, 86_400, 3_600, 60, 1)


def seconds_of(text: str) -> float:
    """0 for what is no duration."""
    found = _DURATION.fullmatch(text)
    parts = [float((each or "0").replace(",", ".")) for each in found.groups()] if found else []
    return sum(each * size for each, size in zip(parts, _SECONDS, strict=False))
