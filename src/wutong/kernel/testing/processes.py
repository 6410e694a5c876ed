"""What every process must do. A module names its process and says how one begins:

    class TestChange(ProcessConformance):
        process_name = "change"

        def begin(self, town):
            return ask(town).case

and the process is walked through all its states, every step taken, in the small town of `factories`.
`tests/test_processes.py` asks such a class of every process of the house.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, ClassVar

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from wutong.kernel.audit.models import AuditEntry
from wutong.kernel.errors import Invalid, NotAllowed, WutongError
from wutong.kernel.module import REGISTRY
from wutong.kernel.policy import ANONYMOUS, Actor
from wutong.kernel.process.engine import process_of, take
from wutong.kernel.process.models import Case, CaseEvent
from wutong.kernel.process.queries import inbox, open_steps
from wutong.kernel.process.receipts import check_code, genuine, receipt_of
from wutong.kernel.process.spec import Process, State, Step
from wutong.kernel.testing.factories import CAST, Town

COMMENT = "经办人内部意见"
# Those whom no process of a school in the first district concerns.
OUTSIDERS = ("stranger", "former", "other_officer", "island_clerk", "island_pupil")


@pytest.mark.django_db(databases="__all__")
class ProcessConformance:
    """The cases. What is done on the way is undone step by step, so that each state is met as its steps left it."""

    process_name: ClassVar[str]

    def begin(self, town: Town) -> Case:
        """A new case of 高安路第一小学, in the state it is opened in."""
        raise NotImplementedError

    def values(self, step: Step, case: Case) -> Mapping[str, Any]:
        """What the form of a step is filled with."""
        return {}

    @property
    def process(self) -> Process:
        return REGISTRY.process(self.process_name)

    # Steps

    def test_every_state_is_reached_and_every_step_taken(self, small_town: Town) -> None:
        states: set[str] = set()
        steps: set[tuple[str, str]] = set()
        for case in self.states(small_town, took=steps.add):
            states.add(case.state)
        process = process_of(self.opened)
        assert states == {state.name for state in process.states}
        assert steps == {(source, step.name) for step in process.steps for source in step.source}

    def test_each_step_is_for_those_who_see_its_button(self, small_town: Town) -> None:
        for case in self.states(small_town):
            for step in process_of(case).steps_from(case.state):
                cast = self.cast(small_town).items()
                may = {who for who, actor in cast if step in open_steps(actor, case, self.moment(case))}
                did = {who for who, actor in cast if self.tries(actor, case, step)}
                assert (step.name, did) == (step.name, may)
                assert may and not may & set(OUTSIDERS)
                assert not self.tries(ANONYMOUS, case, step)

    def test_what_is_decided_is_not_decided_again(self, small_town: Town) -> None:
        def again(case: Case, step: Step, actor: Actor) -> None:
            state = case.state
            if state not in step.source:
                assert not self.tries(actor, case, step)
                assert Case._base_manager.get(pk=case.pk).state == state

        for _case in self.states(small_town, after=again):
            pass

    def test_who_sends_back_says_why(self, small_town: Town) -> None:
        for case in self.states(small_town):
            for step in (each for each in process_of(case).steps_from(case.state) if each.reason):
                with pytest.raises(Invalid), transaction.atomic():
                    self.take(self.who(small_town, case, step), case, step, comment=" ")

    # Pages

    @pytest.mark.parametrize("language", ["zh-hans", "en"])
    def test_pages_open_for_who_holds_it_in_both_languages(
        self, client: Client, small_town: Town, language: str
    ) -> None:
        for case in self.states(small_town):
            opened = 0
            for who, actor in self.cast(small_town).items():
                steps = open_steps(actor, case)
                if not steps or not Case.objects.visible_to(actor).filter(pk=case.pk).exists():
                    continue
                client.force_login(small_town.account(who))
                client.cookies["django_language"] = language
                pages = [self.url("case", case), *(self.url("step", case, step.name) for step in steps)]
                found = {url: client.get(url).status_code for url in (*pages, reverse("process:inbox"))}
                assert set(found.values()) == {200}, (case.state, who, found)
                opened += 1
            assert opened or case.closed or case.notice_until, case.state

    def test_what_waits_stands_in_the_inbox_of_who_can_do_something(self, small_town: Town) -> None:
        for case in self.states(small_town):
            state = process_of(case).state(case.state)
            waiting = {
                who
                for who, actor in self.cast(small_town).items()
                if inbox(actor).filter(pk=case.pk).exists()
            }
            assert bool(waiting) != state.final, case.state
            assert not waiting & set(OUTSIDERS)

    @pytest.mark.parametrize("who", ["stranger", "other_officer"])
    def test_for_others_it_is_not_there(self, client: Client, small_town: Town, who: str) -> None:
        client.force_login(small_town.account(who))
        for case in self.states(small_town):
            steps = [step.name for step in process_of(case).steps_from(case.state)]
            pages = [self.url(page, case) for page in ("case", "receipt", "delegate")]
            found = {url: client.get(url).status_code for url in pages}
            found |= {name: client.post(self.url("step", case, name)).status_code for name in steps}
            assert set(found.values()) == {404}, found

    # What everybody may look up

    def test_a_receipt_is_genuine_and_a_forged_one_is_not(self, client: Client, small_town: Town) -> None:
        for case in self.states(small_town):
            receipt = receipt_of(case)
            page = client.get(reverse("process:verify_code", args=[case.number, receipt.code]))
            state = str(process_of(case).state(case.state).title)
            assert (page.status_code, state in page.content.decode()) == (200, True)
            assert self.told(page.content.decode(), small_town, case) == []
            forged = receipt.code[:-1] + ("A" if receipt.code[-1] != "A" else "B")
            assert client.get(reverse("process:verify_code", args=[case.number, forged])).status_code == 404
            assert genuine(case.number, check_code(case)) is None

    def test_public_progress_shows_the_state_and_nobody(self, client: Client, small_town: Town) -> None:
        url = reverse("process:progress")
        for case in self.states(small_town):
            page = client.post(url, {"number": case.number, "code": check_code(case)})
            state = str(process_of(case).state(case.state).title)
            assert (page.status_code, state in page.content.decode()) == (200, True)
            assert self.told(page.content.decode(), small_town, case) == []

    def told(self, text: str, town: Town, case: Case) -> list[str]:
        """What of persons stands on a page that everybody can open."""
        names = {person.name for person in town.persons.values()}
        inside = {*names, COMMENT, case.title} - {case.organisation.name}
        return sorted(word for word in inside if word in text)

    # Tools of the cases

    opened: Case

    def states(
        self,
        town: Town,
        *,
        took: Callable[[tuple[str, str]], None] = lambda pair: None,
        after: Callable[[Case, Step, Actor], None] = lambda case, step, actor: None,
    ) -> Iterator[Case]:
        """A case in each state that can be reached, once, on the shortest way first tried; undone behind it."""
        self.opened = self.begin(town)
        seen: set[str] = set()
        yield from self._explore(town, self.opened.pk, seen, took, after)

    def _explore(self, town: Town, pk: int, seen: set[str], took: Any, after: Any) -> Iterator[Case]:
        case = self.read(pk)
        if case.state in seen:
            return
        seen.add(case.state)
        yield case
        for step in process_of(case).steps_from(case.state):
            mark = transaction.savepoint()
            source, moved, actor = case.state, *self.done(town, case, step)
            took((source, step.name))
            after(moved, step, actor)
            yield from self._explore(town, pk, seen, took, after)
            transaction.savepoint_rollback(mark)

    def read(self, pk: int) -> Case:
        rows = Case._base_manager.select_related("organisation", "holder", "delegate", "process_version")
        return rows.get(pk=pk)

    def done(self, town: Town, case: Case, step: Step) -> tuple[Case, Actor]:
        """The step taken, by several if it needs several, and what must be true after it."""
        entries = AuditEntry._base_manager.filter(action="process.take", subject_id=str(case.pk)).count()
        for signed in range(1, 1 + (step.sign.count if step.sign else 1)):
            actor = self.who(town, case, step)
            moved = self.take(actor, case, step, comment=COMMENT)
            assert (
                AuditEntry._base_manager.filter(action="process.take", subject_id=str(case.pk)).count()
                == entries + signed
            )
            case = self.read(case.pk)
        self.follows(moved, step)
        return moved, actor

    def follows(self, case: Case, step: Step) -> None:
        """The state of the step, held and timed as declared; the line of the timeline says what happened where."""
        state: State = process_of(case).state(step.target)
        line = CaseEvent._base_manager.filter(case=case, kind="step").latest("pk")
        assert (case.state, case.outcome, bool(case.closed)) == (step.target, state.outcome, state.final)
        assert (case.holder_role, case.holder.kind if case.holder else "") == (state.holder, state.level)
        assert (case.due is None, case.notice_until is None) == (state.within is None, state.notice is None)
        assert (line.step, line.target, line.comment) == (step.name, step.target, COMMENT)

    def cast(self, town: Town) -> dict[str, Actor]:
        return {who: town.actor(who) for who in (*CAST, "guardian", "former", "stranger")}

    def who(self, town: Town, case: Case, step: Step) -> Actor:
        at = self.moment(case)
        may = [actor for actor in self.cast(town).values() if step in open_steps(actor, case, at)]
        assert may, f"nobody of the town may take {step.name!r} in {case.state!r}"
        return may[0]

    def moment(self, case: Case) -> datetime:
        """Now, or when the public notice is over."""
        return max(timezone.now(), case.notice_until or timezone.now())

    def take(self, actor: Actor, case: Case, step: Step, *, comment: str) -> Case:
        values = dict(self.values(step, case))
        return take(actor, case, step=step.name, at=self.moment(case), comment=comment, values=values)

    def tries(self, actor: Actor, case: Case, step: Step) -> bool:
        """Whether it lets them; undone. A refusal for another reason than the right counts as let."""
        mark = transaction.savepoint()
        try:
            self.take(actor, case, step, comment=COMMENT)
        except NotAllowed:
            return False
        except WutongError as error:
            return error.status not in (403, 404, 409)
        finally:
            transaction.savepoint_rollback(mark)
        return True

    def url(self, page: str, case: Case, *more: Any) -> str:
        return reverse(f"process:{page}", args=[case.number, *more])
