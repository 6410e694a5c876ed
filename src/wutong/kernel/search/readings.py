"""How Chinese is found by its characters, its pinyin and its initials, and how a typed query is cut.

A query finds a text when each of its terms equals an index term of the text or, where `prefix` is set, begins
one. Bigrams make any substring of Han characters findable; "ü" is spelled both "v" and "u" in terms.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import chain, islice, pairwise, product

from wutong.kernel.people.numbers import COMPOUND_SURNAMES

HAN = r"[\u3007\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U000323af]"
TERM_LIMIT = 40  # characters of one index term; a longer typed prefix is cut to it as well
COMBINATIONS = 12  # a name of several characters with two readings each is indexed at most so often

_han_run = re.compile(f"{HAN}+")
_word = re.compile(rf"(?:(?!{HAN})[^\W_])+")
_piece = re.compile(rf"{HAN}+|\d+|(?:(?!{HAN})[^\W\d_])+")
_marks = re.compile("(u\u0308)|[\u0300-\u036f]")
_joiners = re.compile(r"['’`·•・‧]")


def _pinyin(text: str) -> list[str]:
    """The dictionaries take 57 MB and only indexing needs them: a process that answers pages never loads them."""
    from pypinyin import lazy_pinyin  # noqa: PLC0415  # see above

    return lazy_pinyin(text, v_to_u=True, errors="ignore")


def _table(text: str) -> dict[str, tuple[str, ...]]:
    """Reads "character reading other-reading, …"."""
    return {entry.split()[0]: tuple(entry.split()[1:]) for entry in text.split(",")}


SURNAMES = _table(
    "单 shan dan,仇 qiu chou,曾 zeng ceng,解 xie jie,查 zha cha,盖 ge gai,朴 piao pu,区 ou qu,任 ren,"
    "华 hua,翟 zhai di,缪 miao mou,冼 xian,员 yun yuan,贠 yun yuan,乐 yue le,覃 qin tan,黑 he hei,"
    "种 chong zhong,秘 bi mi,折 she zhe,召 shao zhao,祭 zhai ji,句 gou ju,谌 chen shen,隗 wei kui,"
    "繁 po fan,卜 bu bo,宓 mi fu,佴 nai er,郇 xun huan,郗 xi chi,洗 xian xi,阚 kan han,藏 zang cang,"
    "适 kuo shi,都 du dou,能 nai neng,率 shuai lü,重 chong zhong,盛 sheng cheng,柏 bai bo,车 che ju,"
    "晟 cheng sheng,尉 wei yu,乜 nie mie,牟 mou mu,便 pian bian,行 xing hang,长 chang zhang,贾 jia gu,"
    "颉 xie jie"
)
COMPOUND_READINGS = _table(
    "尉迟 yu chi,万俟 mo qi,长孙 zhang sun,单于 chan yu,澹台 tan tai,乐正 yue zheng,子车 zi ju"
)
# Characters of given names that families read in more than one way.
GIVEN_NAMES = _table(
    "乐 le yue,行 xing hang,长 chang zhang,朝 chao zhao,晟 sheng cheng,盛 sheng cheng,重 zhong chong,"
    "茜 qian xi,莎 sha suo,朴 pu piao,传 chuan zhuan,柏 bai bo,泊 bo po,隽 jun juan,仔 zi zai,"
    "强 qiang jiang,阿 a e,栖 qi xi,曾 zeng ceng,解 jie xie,单 dan shan,炅 jiong gui,卜 bu bo,"
    "藏 cang zang,会 hui kuai,汤 tang shang,都 du dou"
)
# Places of Shanghai that a general dictionary reads wrongly.
PLACES = _table(
    "长宁 chang ning,莘松 xin song,莘光 xin guang,莘城 xin cheng,杨行 yang hang,徐行 xu hang,"
    "朱行 zhu hang,曹行 cao hang,重固 chong gu,长桥 chang qiao,长风 chang feng,长白 chang bai,"
    "长海 chang hai,闵行 min hang"
)
_phrase = re.compile("|".join(sorted(PLACES, key=len, reverse=True)))

Forms = tuple[str, ...]  # the ways to read one character or word, the usual one first


@dataclass(frozen=True)
class Readings:
    """`full` has a syllable ("lü", with ü) a character, or a whole word; `others` are further readings."""

    full: tuple[str, ...]
    initials: str
    others: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class Term:
    text: str
    prefix: bool


def readings(text: str, *, person: bool = False) -> Readings:
    """A person's surname is read as a surname (单 shan); further readings of the name are kept beside it."""
    first, *others = islice(product(*_forms(_fold(text), person)), COMBINATIONS)
    return Readings(first, _initials(first), tuple(others))


def letters(name: str) -> str:
    """A name in a–z and 0–9, as for a user name: 吕小强 is lvxiaoqiang; empty where no reading is known."""
    spelled = "".join(readings(name, person=True).full).replace("ü", "v")
    return "".join(sign for sign in spelled if sign.isascii())


def index_terms(text: str, *, person: bool = False) -> list[str]:
    """All terms under which `text` is kept; without repeats, each at most `TERM_LIMIT` characters."""
    folded = _fold(text)
    runs = _han_run.findall(folded)
    characters = chain.from_iterable(runs)
    bigrams = (a + b for run in runs for a, b in pairwise(run))
    words = chain.from_iterable(_spellings(word) for word in _word.findall(folded))
    spoken = chain.from_iterable(
        _spoken_terms(reading) for reading in islice(product(*_forms(folded, person)), COMBINATIONS)
    )
    return list(dict.fromkeys(term[:TERM_LIMIT] for term in chain(characters, bigrams, words, spoken)))


def query_terms(query: str) -> list[Term]:
    """Every term must match. Han runs become exact bigrams, a lone character itself, all else a prefix."""
    terms: list[Term] = []
    for piece in re.findall(rf"{_han_run.pattern}|{_word.pattern}", _fold(query)):
        if not _han_run.match(piece):
            terms.append(Term(piece.replace("ü", "v")[:TERM_LIMIT], prefix=True))
        else:
            grams = [a + b for a, b in pairwise(piece)] or [piece]
            terms += [Term(gram, prefix=False) for gram in grams]
    return list(dict.fromkeys(terms))


def _fold(text: str) -> str:
    """Narrow, lower case, without tone marks (but with ü) and the dots and apostrophes inside names."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    if not plain.isascii():
        bare = _marks.sub(lambda mark: "ü" if mark[1] else "", unicodedata.normalize("NFD", plain))
        plain = unicodedata.normalize("NFC", bare)
    return _joiners.sub("", plain)


def _forms(folded: str, person: bool) -> list[Forms]:
    forms: list[Forms] = []
    for piece in _piece.findall(folded):
        if not _han_run.match(piece):
            forms.append((piece,))
        elif person and not forms:
            forms += _name_forms(piece)
        else:
            forms += map(_given_forms, piece) if person else _text_forms(piece)
    return [form for form in forms if form[0]]


def _name_forms(name: str) -> Iterator[Forms]:
    for size in (4, 2):
        if name[:size] in COMPOUND_SURNAMES:
            surname = COMPOUND_READINGS.get(name[:size]) or tuple(map(_syllable, name[:size]))
            return chain(((syllable,) for syllable in surname), map(_given_forms, name[size:]))
    return chain([SURNAMES.get(name[0]) or (_syllable(name[0]),)], map(_given_forms, name[1:]))


def _given_forms(character: str) -> Forms:
    return GIVEN_NAMES.get(character) or (_syllable(character),)


def _text_forms(run: str) -> Iterator[Forms]:
    """Reads by phrases, so that 重庆 is chong and 重点 zhong; places first."""
    at = 0
    for place in _phrase.finditer(run):
        yield from _phrase_forms(run[at : place.start()])
        yield from ((syllable,) for syllable in PLACES[place[0]])
        at = place.end()
    yield from _phrase_forms(run[at:])


def _phrase_forms(run: str) -> Iterator[Forms]:
    syllables = _pinyin(run)
    return ((_plain(syllable),) for syllable in syllables)


@cache
def _syllable(character: str) -> str:
    """Empty where no reading is known. Kept for good: there are at most some tens of thousands."""
    return "".join(_plain(syllable) for syllable in _pinyin(character))


def _plain(syllable: str) -> str:
    return "".join(char for char in _fold(syllable) if char == "ü" or "a" <= char <= "z")


def _initials(syllables: Iterable[str]) -> str:
    """First letters; a number stays whole: 第54中学 is d54zx."""
    return "".join(each if each.isdecimal() else each[0] for each in syllables)


def _spoken_terms(syllables: tuple[str, ...]) -> Iterator[str]:
    for start in range(len(syllables)):
        rest = syllables[start : start + TERM_LIMIT]
        yield from _spellings("".join(rest))
        yield from _spellings(_initials(rest))


def _spellings(term: str) -> tuple[str, ...]:
    return (term.replace("ü", "v"), term.replace("ü", "u")) if "ü" in term else (term,)
