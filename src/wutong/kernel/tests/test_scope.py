"""Nobody sees a row by forgetting to ask who looks."""

import pytest
from django.apps import apps

from wutong.kernel.people.models import Identifier, Membership, Organisation, Person
from wutong.kernel.policy import ANONYMOUS, SYSTEM
from wutong.kernel.scope import ScopedModel, UnscopedQuery
from wutong.kernel.testing.conformance import answers, scoped_models
from wutong.kernel.testing.factories import identity, number

MODELS = scoped_models()
# Tables that name a person or a place and still belong to nobody's sight: the means to sign in is never listed, and a
# ticket is found by who holds it.
NOT_LISTED = {"accounts.Account", "cas.GrantingTicket", "cas.Ticket"}

pytestmark = pytest.mark.django_db(databases="__all__")


def label(model: type) -> str:
    return model._meta.label


@pytest.mark.parametrize("model", MODELS, ids=label)
def test_a_scoped_table_answers_nobody_until_told_who_asks(model: type[ScopedModel]):
    assert list(answers(model)) == []


@pytest.mark.parametrize("model", MODELS, ids=label)
def test_who_has_no_role_sees_nothing_of_a_table(small_town, model: type[ScopedModel]):
    """But oneself, and what is everybody's: the town has rows of most tables."""
    number(small_town.person("pupil"), "identity", identity(1))
    stranger = small_town.actor("stranger")
    seen = list(model.objects.visible_to(stranger))
    own = {small_town.person("stranger")} if model is Person else set()
    assert set(seen) == own
    assert list(model.objects.visible_to(ANONYMOUS)) == []


@pytest.mark.parametrize("model", MODELS, ids=label)
def test_the_system_sees_every_row(small_town, model: type[ScopedModel]):
    assert model.objects.visible_to(SYSTEM).count() == model._base_manager.count()


def test_every_table_about_a_person_or_a_place_is_scoped():
    """A new table that names one of them is scoped, or stands in the list above with its reason."""
    ours = [model for model in apps.get_models() if model.__module__.startswith("wutong.")]
    open_tables = [
        model._meta.label
        for model in ours
        if not issubclass(model, ScopedModel)
        and any(field.related_model in (Person, Organisation) for field in model._meta.concrete_fields)
    ]
    assert set(open_tables) - NOT_LISTED == set()


def test_rows_of_a_row_are_asked_for_like_any_other(small_town):
    pupil = small_town.person("pupil")
    with pytest.raises(UnscopedQuery):
        list(pupil.memberships.all())
    with pytest.raises(UnscopedQuery):
        small_town.place("first").memberships.count()
    assert pupil.memberships.visible_to(small_town.actor("clerk")).count() == 1


def test_the_scope_stays_with_what_is_made_from_it(small_town):
    rows = Membership.objects.visible_to(small_town.actor("clerk")).filter(role="pupil").order_by("pk")
    assert [row.person.name for row in rows[:2]] == ["李小梅", "赵一鸣"]
    assert rows.values_list("person__name", flat=True).first() == "李小梅"


def test_rows_of_everybody_do_not_slip_in_beside_visible_ones(small_town):
    seen = Membership.objects.visible_to(small_town.actor("clerk"))
    for joined in (lambda: seen | Membership.objects.all(), lambda: seen.union(Membership.objects.all())):
        with pytest.raises(UnscopedQuery):
            list(joined())
    again = Membership.objects.visible_to(small_town.actor("island_clerk"))
    assert (seen | again).count() == seen.count() + again.count()


def test_a_number_is_found_by_its_record_keepers_only(small_town):
    held = number(small_town.person("pupil"), "identity", identity(1))
    who = ("officer", "clerk", "class_teacher", "guardian", "pupil")
    others = ("other_officer", "other_clerk", "island_clerk", "classmate", "former", "operator", "teacher")
    seen = {
        name: Identifier.objects.visible_to(small_town.actor(name)).filter(pk=held.pk).exists()
        for name in (*who, *others)
    }
    assert seen == {**dict.fromkeys(who, True), **dict.fromkeys(others, False)}
