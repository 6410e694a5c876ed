"""Whether an interface does what its description says: requests made from the description, by schemathesis."""

from collections.abc import Callable, Iterable
from typing import Any

import schemathesis
from django.core.wsgi import get_wsgi_application
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.specs.openapi import checks

CHECKS = (
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
    checks.response_headers_conformance,
    checks.unsupported_method,
)
Options = dict[str, Any]


def faults(
    address: str, options: Options, examples: int, ask: Callable[[Any, Options], None] | None = None
) -> dict[str, list[str]]:
    """What is wrong with each operation described at `address`, over so many requests of each with these `options`."""
    schema = schemathesis.openapi.from_wsgi(address, get_wsgi_application())
    found = {}
    for result in schema.get_all_operations():
        operation: Any = result.ok()  # type: ignore[union-attr]  # a fault of the description fails here, and shall
        try:
            _asked(operation, options, examples, ask or validate)()
        except (FailureGroup, Failure) as error:
            found[operation.label] = [str(each)[:600] for each in getattr(error, "exceptions", [error])]
    return found


def validate(
    case: Any, options: Options, checked: Iterable[Any] = CHECKS, left_out: Iterable[Any] = ()
) -> None:
    case.validate_response(case.call(**options), checks=list(checked), excluded_checks=list(left_out))


def _asked(operation: Any, options: Options, examples: int, ask: Callable[[Any, Options], None]) -> Any:
    @given(case=operation.as_strategy())
    @settings(
        max_examples=examples,
        database=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def asked(case: Any) -> None:
        ask(case, options)

    return asked
