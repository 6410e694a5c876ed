"""A small lottery with everything in it, as a published folder."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone

from wutong.platforms.governance.admission.api import (
    Conducted,
    Draw,
    Run,
    Seeds,
    Witness,
    conduct,
    freed_file,
    freeze,
    publication,
)

NOON = datetime(2026, 5, 12, 12, tzinfo=timezone(timedelta(hours=8)))
SEEDS = Seeds(city_seed="市级种子 5d1f", public_seed="双色球 2026053：03 08 12 19 25 31 07")
NUMBERS = tuple(f"2026{number:04d}" for number in range(1, 41))
DRAWS = (
    Draw(school="梧桐小学·走读", applications=NUMBERS, seats=9, groups=(("20260002", "20260001"), ("20260011", "20260012", "20260013"))),
    Draw(school="梧桐小学·住宿", applications=NUMBERS[5:20], seats=4, groups=((NUMBERS[6], NUMBERS[7]),), group_policy="over_plan"),
    Draw(school="悬铃木小学", applications=NUMBERS[30:], seats=20),
    Draw(school="𠮷祥小学", applications=("𠮷1", "￥1", "甲1"), seats=1, groups=(("𠮷1", "￥1"),), group_policy="split"),
)  # fmt: skip


def a_run(draws=DRAWS, seeds=SEEDS) -> Run:
    hours = [NOON + timedelta(hours=number) for number in range(4)]
    return Run(
        title="2026年民办小学电脑随机录取（演示）",
        seeds=seeds,
        draws=draws,
        announced=freeze(draws).digests(seeds.digest),
        announced_commit=seeds.commit,
        public_source="中国福利彩票双色球第2026053期",
        committed_at=hours[0],
        frozen_at=hours[1],
        fixed_at=hours[2],
        drawn_at=hours[3],
        software="wutong 0.1.0",
    )


def signed(conducted: Conducted) -> list[Witness]:
    people = (("陈一", "公证员"), ("林二", "家长代表"))
    return [
        Witness(name=name, role=role, signed_at=NOON + timedelta(hours=5), signs=conducted.record_digest)
        for name, role in people
    ]


def a_publication(seeds=SEEDS) -> dict[str, bytes]:
    """With two seats given up at the first school, one of them by a twin."""
    conducted = conduct(a_run(seeds=seeds))
    first = next(each for each in conducted.drawn if each.draw.school == "梧桐小学·走读")
    single = next(number for number in first.admitted if number not in ("20260001", "20260002"))
    freed = freed_file(conducted, {first.draw.school: [single, "20260001"]})
    return {**publication(conducted, signed(conducted)), "freed.csv": freed}


SM3 = replace(SEEDS, digest="sm3")
