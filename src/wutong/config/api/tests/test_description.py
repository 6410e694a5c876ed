"""The description says what the interface does, and the interface does what it says, whoever asks."""

import json

import pytest
import schemathesis
from django.test import Client
from schemathesis.specs.openapi import checks

from wutong.kernel.testing import described

pytestmark = pytest.mark.django_db(databases="__all__")
# Not asked: whether every body that fits the schema is taken. A school that does not exist fits, and is refused.
CHECKS = [*described.CHECKS, checks.negative_data_rejection]
TOKEN = "c" * 32


@schemathesis.serializer("application/x-ndjson")
def lines(context, value):
    return json.dumps(value).encode()


def session(town, who):
    """What a page's own request carries; a stranger has none of it."""
    if not who:
        return {}
    client = Client()
    client.force_login(town.account(who))
    cookies = {"sessionid": client.cookies["sessionid"].value, "csrftoken": TOKEN}
    return {"cookies": cookies, "headers": {"X-CSRFToken": TOKEN, "If-Match": "*"}}


def faults(town, who, examples):
    return described.faults("/api/v1/openapi.json", session(town, who), examples, ask)


def ask(case, options):
    # A line that does not fit is refused in its own line of the answer.
    left_out = [checks.negative_data_rejection] if case.operation.path.endswith("/bulk") else []
    described.validate(case, options, CHECKS, left_out)


@pytest.fixture(autouse=True)
def many(settings):
    settings.OPTION = {**settings.OPTION, "api_rate": 10**6}


def test_what_the_interface_answers_is_what_it_describes(small_town):
    assert faults(small_town, "clerk", 4) == {}


@pytest.mark.slow
@pytest.mark.parametrize("who", ["", "guardian", "city_officer", "clerk"])
def test_so_it_is_for_everybody(small_town, who):
    assert faults(small_town, who, 40) == {}
