"""A process of three offices for the tests of the engine, and the house with nothing but it besides its own."""

from datetime import datetime
from typing import Any

from django.utils import timezone

from wutong.kernel.module import REGISTRY, Module
from wutong.kernel.people.models import Organisation
from wutong.kernel.policy import Actor
from wutong.kernel.process.engine import is_applicant, is_holder, open_case, take
from wutong.kernel.process.models import Case
from wutong.kernel.process.spec import Process, State, Step

MONDAY = timezone.make_aware(datetime(2026, 11, 23, 9, 30))
STATES = (
    State("draft", "学校填报", holder="clerk", level="school"),
    State("district", "区级审核", holder="officer", level="district", within=5),
    State("city", "市级备案", holder="officer", level="city", within=3),
    State("granted", "已批准", outcome="approved"),
    State("refused", "不批准", outcome="refused"),
    State("withdrawn", "已撤回", outcome="withdrawn"),
)
STEPS = (
    Step("submit", "提交", ("draft",), "district", by=is_holder),
    Step("agree", "同意", ("district",), "city", by=is_holder),
    Step("grant", "批准", ("city",), "granted", by=is_holder),
    Step("return", "退回", ("district", "city"), "draft", by=is_holder, reason=True),
    Step("refuse", "不批", ("district", "city"), "refused", by=is_holder, reason=True),
    Step("withdraw", "撤回", ("draft", "district"), "withdrawn", by=is_applicant),
)


class Itself:
    """In the place of a module's table: the case is its own subject."""

    class _base_manager:  # named as Django names it
        @staticmethod
        def get(case: Case) -> Case:
            return case


def process(**values: Any) -> Process:
    given = {
        "name": "leave",
        "title": "调课申请",
        "prefix": "DK",
        "model": Itself,
        "states": STATES,
        "steps": STEPS,
    }
    return Process(**{**given, "describe": lambda actor, subject: {}, **values})


LEAVE = process()


def house(one: Process = LEAVE) -> tuple[Module, ...]:
    others = [module for module in REGISTRY if module.name != one.name]
    return (*others, Module(one.name, "调课", "leave", processes=(one,)))


def begin(
    actor: Actor,
    place: Organisation,
    *,
    title: str = "三年级调课",
    one: Process = LEAVE,
    at: datetime = MONDAY,
) -> Case:
    return open_case(actor, place, process=one, title=title, at=at)


def at_district(town: Any, *, title: str = "三年级调课", at: datetime = MONDAY) -> Case:
    clerk = town.actor("clerk")
    return take(clerk, begin(clerk, town.place("gaoan"), title=title, at=at), step="submit", at=at)


def at_city(town: Any, *, title: str = "三年级调课", at: datetime = MONDAY) -> Case:
    return take(town.actor("officer"), at_district(town, title=title, at=at), step="agree", at=at)


def again(case: Case) -> Case:
    return Case._base_manager.select_related("holder", "delegate").get(pk=case.pk)
