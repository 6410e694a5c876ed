"""One spelling before an address is read: widths, spaces, Chinese numerals, districts that were merged."""

import re
import unicodedata
from typing import Final

DISTRICTS: Final = (
    "黄浦区", "徐汇区", "长宁区", "静安区", "普陀区", "虹口区", "杨浦区", "闵行区",
    "宝山区", "嘉定区", "浦东新区", "金山区", "松江区", "青浦区", "奉贤区", "崇明区",
)  # fmt: skip
# Old household books still name them. 川沙县, 上海县 and 吴淞区 were divided: they say nothing certain.
MERGED: Final = {
    "南市区": "黄浦区",
    "卢湾区": "黄浦区",
    "闸北区": "静安区",
    "南汇区": "浦东新区",
    "南汇县": "浦东新区",
    "川沙县": "浦东新区",
    "嘉定县": "嘉定区",
    "宝山县": "宝山区",
    "奉贤县": "奉贤区",
    "松江县": "松江区",
    "金山县": "金山区",
    "青浦县": "青浦区",
    "崇明县": "崇明区",
    "浦东区": "浦东新区",
}
_NAMES: Final = sorted([*DISTRICTS, *MERGED], key=len, reverse=True)
# "上海路" and "沪闵路" are roads; 沪 is the city only before a district.
_CITY: Final = re.compile(
    r"^(?:中国)?(?:上海市(?:市辖区)?|上海(?![东西南北中]?路|大道)|沪(?=" + "|".join(_NAMES) + "|浦东))"
)
_DISTRICT: Final = re.compile("^(?:" + "|".join(_NAMES) + ")")
# "浦东" alone is the district, but not in the names of roads.
_PUDONG: Final = re.compile(r"^浦东新?(?!大道|[东西南北中]路|新|区)")

_DIGITS: Final = {
    **dict(zip("〇一二三四五六七八九", range(10), strict=True)),
    **dict(zip("零壹贰叁肆伍陆柒捌玖", range(10), strict=True)),
    "○": 0,
    "两": 2,
}
_SCALES: Final = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
_TWENTIES: Final = {"廿": "二十", "卅": "三十"}
_NUMERAL: Final = "".join([*_DIGITS, *_SCALES, *_TWENTIES])
_BEFORE_UNIT: Final = re.compile(f"([{_NUMERAL}]+)(?=支弄|弄|号|室|幢|栋|座|单元|层|楼|组|队)")
_BEFORE_VILLAGE: Final = re.compile(r"(\d+)(?=村)")
_CHINESE: Final = "零一二三四五六七八九"


def plain(text: str) -> str:
    """Half-width, without spaces and punctuation, numbers before 弄, 号, 室 … in digits, 新村 in Chinese ones.

    A comma between two numbers stays: "2016、2024号" is two houses, not house 20162024.
    """
    text = unicodedata.normalize("NFKC", text).upper()
    text = re.sub(r"[—–―‐−~～]", "-", text)
    text = re.sub(r"(?<!\d)[\s,.。、;:·'\"“”]+|[\s,.。、;:·'\"“”]+(?!\d)|\s+", "", text)
    text = re.sub(r"(?<=\d)[#＃](?=\d|$)", "号", text)
    text = _BEFORE_UNIT.sub(lambda found: _digits(found[1]), text)
    return _BEFORE_VILLAGE.sub(lambda found: chinese(int(found[1])), text)


def district_first(text: str) -> tuple[str, str]:
    """The district in its present name ("" if none is said), and what follows."""
    rest = _CITY.sub("", text)
    if found := _DISTRICT.match(rest):
        return MERGED.get(found[0], found[0]), rest[found.end() :]
    if found := _PUDONG.match(rest):
        return "浦东新区", rest[found.end() :]
    return "", rest


def _digits(text: str) -> str:
    value = numeral(text)
    return text if value is None else str(value)


def numeral(text: str) -> int | None:
    """ "一百二十" and "一二〇" are 120; None for what is no number ("百十")."""
    for short, long in _TWENTIES.items():
        text = text.replace(short, long)
    if not any(each in _SCALES for each in text):
        return int("".join(str(_DIGITS[each]) for each in text)) if text else None
    total, digit, below = 0, None, 10_000
    for each in text:
        if each in _DIGITS:
            if digit:
                return None
            digit = _DIGITS[each]
            continue
        scale = _SCALES[each]
        if scale >= below or (digit is None and scale != 10) or digit == 0:
            return None
        total, digit, below = total + (1 if digit is None else digit) * scale, None, scale
    return total + (digit or 0)


def chinese(value: int) -> str:
    """For the names of villages (田林十二村): 1 to 99 as they are spoken, beyond digit by digit."""
    tens, ones = divmod(value, 10)
    if value < 1 or value > 99:
        return "".join(_CHINESE[int(each)] for each in str(value))
    head = "" if tens == 0 else "十" if tens == 1 else f"{_CHINESE[tens]}十"
    return head + (_CHINESE[ones] if ones else "")
