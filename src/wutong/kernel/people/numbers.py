"""Numbers that people and schools carry: how each is built, checked and hidden. Pure rules, no tables.

Sources: GB 11643-1999 (citizen identity number), ISO 7064 MOD 11-2 (its check character), GB/T 2260
(regions), the national pupil number G/J/L and Shanghai's secondary number of 2013 as public pages describe
them; the official texts of the last two were not read.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Literal, Self

from django.utils.translation import gettext_lazy as _

from wutong.kernel.errors import Invalid, Sentence

Rule = Literal[
    "length", "characters", "region", "birth", "check_digit", "prefix", "stage", "year", "category"
]

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECK_CHARACTERS = "10X98765432"
EARLIEST_BIRTH = date(1900, 1, 1)

PROVINCE_RANGES = ((11, 15), (21, 23), (31, 37), (41, 46), (50, 54), (61, 65), (71, 71), (81, 83), (91, 91))
PROVINCES = frozenset(str(code) for first, last in PROVINCE_RANGES for code in range(first, last + 1))

SCHOOL_CATEGORIES = {
    "11": _("幼儿园"),
    "21": _("小学"),
    "22": _("成人小学"),
    "31": _("普通初中"),
    "32": _("职业初中"),
    "33": _("成人初中"),
    "34": _("普通高中"),
    "35": _("成人高中"),
    "36": _("中等职业学校"),
    "37": _("工读学校"),
    "41": _("普通高等学校"),
    "42": _("成人高等学校"),
    "51": _("特殊教育"),
    "91": _("培养研究生的科研机构"),
    "92": _("民办的其他高等教育机构"),
    "93": _("中等职业培训机构"),
}

PupilNumberKind = Literal["G", "J", "L"]
PUPIL_NUMBER_KINDS: tuple[PupilNumberKind, ...] = ("G", "J", "L")

SECONDARY_STAGES = {"1": "primary", "2": "junior", "3": "senior", "4": "special"}

_COMPOUND_SURNAMES = (
    "欧阳 司马 上官 诸葛 东方 尉迟 万俟 长孙 令狐 皇甫 司徒 司空 慕容 宇文 夏侯 公孙 轩辕 端木 "
    "独孤 南宫 澹台 公冶 宗政 濮阳 淳于 单于 太叔 申屠 仲孙 钟离 闾丘 鲜于 呼延 闻人 赫连 拓跋 "
    "谷梁 百里 东郭 南门 西门 公羊 乐正 漆雕 巫马 公西 壤驷 公良 夹谷 宰父 段干 亓官 子车 梁丘 "
    "左丘 第五 毌丘 纳兰 完颜 叶赫 爱新觉罗"
)
COMPOUND_SURNAMES = frozenset(_COMPOUND_SURNAMES.split())


class NumberError(Invalid):
    """Which rule a number breaks, what is wrong and how to mend it; never holds the number itself."""

    code = "number"

    def __init__(self, rule: Rule, message: Sentence, mend: Sentence) -> None:
        super().__init__(message, rule=rule, mend=mend)

    def __str__(self) -> str:
        return f"{self.message}{self.mend}"


def normalised(text: str) -> str:
    """Full-width characters become narrow, letters capital; spaces and hyphens, typed for reading, go."""
    return re.sub(r"[\s\-]", "", unicodedata.normalize("NFKC", text)).upper()


def check_digit(first17: str) -> str:
    """The 18th character by ISO 7064 MOD 11-2, where X stands for ten."""
    if not re.fullmatch(r"[0-9]{17}", first17):
        raise NumberError("characters", _("前十七位应全部是数字。"), _("请去掉字母和符号后重新输入。"))
    total = sum(weight * int(digit) for weight, digit in zip(WEIGHTS, first17, strict=True))
    return CHECK_CHARACTERS[total % 11]


def _require_check_digit(eighteen: str) -> None:
    if check_digit(eighteen[:17]) != eighteen[17]:
        raise NumberError(
            "check_digit", _("号码的校验位不对，其中至少有一位输错了。"), _("请对照证件逐位核对后重新输入。")
        )


def _require_region(region: str) -> None:
    """Only the province is looked up: people keep the codes of districts now gone (卢湾, 闸北, 南汇)."""
    if region[:2] not in PROVINCES:
        raise NumberError(
            "region", _("号码开头的地区代码不存在。"), _("请核对前两位，例如上海是 31，北京是 11。")
        )


def _birth(eight: str, today: date) -> date:
    mend = _("请核对号码中表示出生年月日的八位数字。")
    try:
        born = date(int(eight[:4]), int(eight[4:6]), int(eight[6:]))
    except ValueError:
        raise NumberError("birth", _("号码中的出生日期不存在。"), mend) from None
    if born < EARLIEST_BIRTH:
        raise NumberError("birth", _("号码中的出生日期早于 1900 年。"), mend)
    if born > today:
        raise NumberError("birth", _("号码中的出生日期在今天之后。"), mend)
    return born


@dataclass(frozen=True)
class IdentityNumber:
    """公民身份号码. `sex` is the code of GB/T 2261.1, "1" male, "2" female; `text` has 18 characters."""

    region: str
    born: date
    sex: Literal["1", "2"]
    text: str

    @classmethod
    def parse(cls, text: str, *, today: date) -> Self:
        """Reads 18 characters, or the 15 of the first generation, which had no century and no check digit."""
        number = normalised(text)
        if len(number) not in (15, 18):
            raise NumberError("length", _("身份证号码应为 18 位。"), _("请检查是否多输或漏输了数字。"))
        if not re.fullmatch(r"[0-9]{15}|[0-9]{17}[0-9X]", number):
            raise NumberError(
                "characters",
                _("身份证号码中有不该出现的字符。"),
                _("前十七位只能是数字，最后一位是数字或 X。"),
            )
        return cls._read(number if len(number) == 18 else to_eighteen(number), today)

    @classmethod
    def _read(cls, number: str, today: date) -> Self:
        _require_region(number[:6])
        born = _birth(number[6:14], today)
        _require_check_digit(number)
        return cls(region=number[:6], born=born, sex="1" if int(number[16]) % 2 else "2", text=number)


def to_eighteen(fifteen: str) -> str:
    """The 18-character form of a first-generation number; its two-digit year is of the 1900s."""
    first17 = f"{fifteen[:6]}19{fifteen[6:]}"
    return first17 + check_digit(first17)


@dataclass(frozen=True)
class PupilNumber:
    """全国学籍号: G + identity number, J + a code of the ministry, L + a temporary code; 19 characters.

    A changed identity number does not change G: never read a person's identity from it.
    """

    kind: PupilNumberKind
    region: str
    born: date
    text: str

    @classmethod
    def parse(cls, text: str, *, today: date) -> Self:
        number = normalised(text)
        if len(number) != 19:
            raise NumberError(
                "length", _("学籍号应为 19 位。"), _("请检查是否漏输了开头的字母，或多输、漏输了数字。")
            )
        kind, rest = next((kind for kind in PUPIL_NUMBER_KINDS if kind == number[0]), None), number[1:]
        if kind is None:
            raise NumberError("prefix", _("学籍号应以 G、J 或 L 开头。"), _("请核对第一位字母。"))
        if not re.fullmatch(r"[0-9]{18}" if kind == "L" else r"[0-9]{17}[0-9X]", rest):
            raise NumberError(
                "characters", _("学籍号中有不该出现的字符。"), _("字母后只能是数字，末位可以是 X。")
            )
        _require_region(rest[:6])
        born = _birth(rest[6:14], today)
        if kind != "L":
            _require_check_digit(rest)
        return cls(kind=kind, region=rest[:6], born=born, text=number)


@dataclass(frozen=True)
class SecondaryNumber:
    """上海学籍副号: 310 + district(3) + school(4) + stage(1) + entry year(4) + serial(4).

    A pupil gets a new one on each transfer and at each stage. `district` is the code of GB/T 2260, 310104.
    """

    district: str
    school: str
    stage: str
    entered: int
    serial: str
    text: str

    @classmethod
    def parse(cls, text: str, *, today: date) -> Self:
        number = _digits(text, 19, _("学籍副号应为 19 位数字。"))
        if not number.startswith("310"):
            raise NumberError("region", _("上海的学籍副号应以 310 开头。"), _("请核对开头三位。"))
        if number[10] not in SECONDARY_STAGES:
            raise NumberError(
                "stage",
                _("学籍副号的学段码不存在。"),
                _("第 11 位应为 1 小学、2 初中、3 高中或 4 特殊教育。"),
            )
        entered = int(number[11:15])
        if not 1990 <= entered <= today.year + 1:
            raise NumberError("year", _("学籍副号中的入学年份不合理。"), _("请核对第 12 至 15 位的年份。"))
        stage = SECONDARY_STAGES[number[10]]
        return cls(number[:6], number[6:10], stage, entered, number[15:], number)


@dataclass(frozen=True)
class SchoolIdentifier:
    """学校标识码: category(2) + province(2) + serial(6). A school whose category changes gets a new one."""

    category: str
    province: str
    serial: str
    text: str

    @classmethod
    def parse(cls, text: str, *, province: str | None = "31") -> Self:
        """`province=None` also takes schools of other provinces, as transfers need."""
        number = _digits(text, 10, _("学校标识码应为 10 位数字。"))
        category, region = number[:2], number[2:4]
        if category not in SCHOOL_CATEGORIES:
            raise NumberError("category", _("学校标识码的类别不存在。"), _("请核对前两位，例如小学是 21。"))
        if region not in PROVINCES or province not in (None, region):
            raise NumberError("region", _("学校标识码的省级代码不对。"), _("请核对第三、四位，上海是 31。"))
        return cls(category, region, number[4:], number)


def _digits(text: str, size: int, problem: Sentence) -> str:
    number = normalised(text)
    if not re.fullmatch(r"[0-9]*", number):
        raise NumberError("characters", problem, _("请去掉数字以外的字符。"))
    if len(number) != size:
        raise NumberError("length", problem, _("请检查是否多输或漏输了数字。"))
    return number


def mask(text: str, kind: str = "") -> str:
    """What lists show instead of `text`; a number of an unknown kind keeps its first three and last two."""
    return _MASKS.get(kind, _mask_middle)(text)


def mask_identity(text: str) -> str:
    """Hides the birth date: eight digits, six in a first-generation number."""
    hidden = {15: 6, 18: 8}.get(len(text))
    return text[:6] + "*" * hidden + text[6 + hidden :] if hidden else _mask_middle(text)


def mask_pupil_number(text: str) -> str:
    """A pupil number holds the birth date as an identity number does, one place to the right."""
    return text[0] + mask_identity(text[1:]) if len(text) == 19 else _mask_middle(text)


def mask_phone(text: str) -> str:
    return f"{text[:3]}****{text[7:]}" if re.fullmatch(r"1[0-9]{10}", text) else _mask_middle(text)


def mask_name(text: str) -> str:
    """李明 -> 李*, 张小明 -> 张*明, 欧阳晓明 -> 欧阳**; of a name in parts each keeps its first letter."""
    parts = re.split(r"([\s·•・]+)", text.strip())
    if len(parts) > 1:
        return "".join(part if at % 2 else part[:1] + "*" * (len(part) - 1) for at, part in enumerate(parts))
    name = parts[0]
    if not re.search(r"[㐀-鿿]", name):
        return name[:1] + "*" * (len(name) - 1)
    return _mask_han_name(name)


def _mask_han_name(name: str) -> str:
    if len(name) < 2:
        return "*"
    surname = next((size for size in (4, 2) if name[:size] in COMPOUND_SURNAMES and len(name) > size), 0)
    if surname:
        return name[:surname] + "*" * (len(name) - surname)
    return f"{name[0]}*" if len(name) == 2 else name[0] + "*" * (len(name) - 2) + name[-1]


def _mask_middle(text: str) -> str:
    return "*" * len(text) if len(text) < 6 else text[:3] + "*" * (len(text) - 5) + text[-2:]


_MASKS: dict[str, Callable[[str], str]] = {
    "identity": mask_identity,
    "pupil": mask_pupil_number,
    "phone": mask_phone,
    "name": mask_name,
}
