"""Names as a Shanghai register shows them: by decade and sex, with compound surnames and other peoples' customs."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import accumulate
from random import Random

from wutong.centres.data.master.town.shapes import Sex
from wutong.centres.data.master.town.tables import rows

HAN, MONGOL, HUI, TIBETAN, UYGUR, KOREAN, KAZAKH = "01", "02", "03", "04", "05", "10", "17"
MINORITIES = {"03": 30, "11": 18, "02": 10, "15": 12, "08": 10, "06": 9, "10": 8, "05": 7, "04": 5, "17": 2}
WITH_FATHERS_NAME = frozenset({UYGUR, KAZAKH})
SURNAMES_OF = {HUI: "马 马 马 哈 丁 白 金 沙 杨 李", KOREAN: "金 金 朴 崔 李 郑"}

GIVEN_OF: dict[tuple[str, Sex], str] = {
    (MONGOL, "1"): "巴特尔 苏和 阿古拉 朝鲁 宝力德 特木尔 那日苏 阿木尔",
    (MONGOL, "2"): "苏日娜 其其格 萨日朗 乌兰 娜仁花 塔娜 阿茹娜 格根",
    (TIBETAN, "1"): "扎西次仁 丹增罗布 索朗多吉 洛桑平措 旦巴达瓦 格桑顿珠",
    (TIBETAN, "2"): "扎西卓玛 达娃央金 白玛拉姆 格桑曲珍 次仁德吉 索朗措姆",
    (UYGUR, "1"): "阿迪力 买买提 艾力 吐尔逊 努尔艾力 玉素甫 阿不都拉 热合曼",
    (UYGUR, "2"): "阿依古丽 古丽娜尔 热依汗 迪丽努尔 茹仙古丽 阿米娜 帕提古丽 麦尔哈巴",
    (KAZAKH, "1"): "叶尔兰 哈那提 巴合提 赛力克 阿依波力 努尔兰",
    (KAZAKH, "2"): "阿依努尔 古丽米热 萨尼娅 哈丽玛 阿合玛拉 叶尔克",
}
# Characters outside what older systems can type or show; two lie beyond the basic plane.
RARE = {"1": "䶮 𬀩 𬍤", "2": "㛃 𬸣 𫍲"}

# Of a given name: how often one character, and how often a name many share, by year of birth.
HABITS = {1900: (0.12, 0.62), 1965: (0.36, 0.50), 1978: (0.44, 0.46), 1990: (0.26, 0.44), 2003: (0.07, 0.40)}


@dataclass(frozen=True)
class Name:
    """`surname` is empty where the custom knows none."""

    surname: str
    given: str
    fathers: str = ""

    def __str__(self) -> str:
        return f"{self.given}·{self.fathers}" if self.fathers else self.surname + self.given


def adult_name(rng: Random, sex: Sex, born: date, ethnic: str = HAN) -> Name:
    if (ethnic, sex) not in GIVEN_OF:
        return Name(surname(rng, ethnic), given(rng, sex, born))
    fathers = listed(rng, GIVEN_OF[ethnic, "1"]) if ethnic in WITH_FATHERS_NAME else ""
    return Name("", listed(rng, GIVEN_OF[ethnic, sex]), fathers)


def child_name(rng: Random, sex: Sex, born: date, father: Name, mother: Name, ethnic: str = HAN) -> Name:
    """One in fifteen carries the mother's surname; one in four hundred a character few machines can show."""
    if (ethnic, sex) in GIVEN_OF:
        fathers = father.given if ethnic in WITH_FATHERS_NAME else ""
        return Name("", listed(rng, GIVEN_OF[ethnic, sex]), fathers)
    family = mother if mother.surname and (not father.surname or rng.random() < 1 / 15) else father
    name = listed(rng, RARE[sex]) if rng.random() < 1 / 400 else given(rng, sex, born)
    return Name(family.surname or surname(rng, HAN), name)


def surname(rng: Random, ethnic: str = HAN) -> str:
    if ethnic in SURNAMES_OF:
        return listed(rng, SURNAMES_OF[ethnic])
    names, weights = _surnames()
    return rng.choices(names, cum_weights=weights)[0]


def given(rng: Random, sex: Sex, born: date) -> str:
    era = era_of(born.year)
    single, whole = HABITS[era]
    draw = rng.random()
    if draw < single:
        return rng.choice(_given(era, sex, "single"))
    if draw < single + (1 - single) * whole:
        return rng.choice(_given(era, sex, "whole"))
    first = rng.choice(_given(era, sex, "first"))
    return first + rng.choice([part for part in _given(era, sex, "second") if part != first])


def era_of(year: int) -> int:
    starts = tuple(HABITS)
    return starts[max(0, bisect_right(starts, year) - 1)]


def listed(rng: Random, words: str) -> str:
    return rng.choice(words.split())


@cache
def _surnames() -> tuple[Sequence[str], Sequence[int]]:
    found = rows("surnames")
    return [row["surname"] for row in found], list(accumulate(int(row["weight"]) for row in found))


@cache
def _given(era: int, sex: Sex, part: str) -> Sequence[str]:
    wanted = (str(era), sex, part)
    found = (row for row in rows("given_names") if (row["from_year"], row["sex"], row["part"]) == wanted)
    return [name for row in found for name in row["names"].split()]
