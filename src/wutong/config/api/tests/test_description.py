"""The description says what the interface does, and the interface does what it says, whoever asks."""

import json

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.specs.openapi import checks

pytestmark = pytest.mark.django_db(databases="__all__")
# Not asked: whether every body that fits the schema is taken. A school that does not exist fits, and is refused.
CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
    checks.response_headers_conformance,
    checks.negative_data_rejection,
    checks.unsupported_method,
]
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
    """What is wrong with each operation, over so many requests made from its description."""
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", get_wsgi_application())
    found = {}
    for result in schema.get_all_operations():
        operation = result.ok()
        try:
            asked(operation, session(town, who), examples)()
        except (FailureGroup, Failure) as error:
            found[operation.label] = [str(each)[:600] for each in getattr(error, "exceptions", [error])]
    return found


def asked(operation, options, examples):
    @given(case=operation.as_strategy())
    @settings(
        max_examples=examples,
        database=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def ask(case):
        # A line that does not fit is refused in its own line of the answer.
        left_out = [checks.negative_data_rejection] if operation.path.endswith("/bulk") else []
        case.validate_response(case.call(**options), checks=CHECKS, excluded_checks=left_out)

    return ask


@pytest.fixture(autouse=True)
def many(settings):
    settings.OPTION = {**settings.OPTION, "api_rate": 10**6}


def test_what_the_interface_answers_is_what_it_describes(small_town):
    assert faults(small_town, "clerk", 4) == {}


@pytest.mark.slow
@pytest.mark.parametrize("who", ["", "guardian", "city_officer", "clerk"])
def test_so_it_is_for_everybody(small_town, who):
    assert faults(small_town, who, 40) == {}
