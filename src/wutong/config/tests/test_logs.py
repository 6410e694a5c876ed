"""A log says what happened and where, not what people wrote."""

import json
import logging

import pytest

from wutong.config.logs import Json, Line, RequestNumber
from wutong.kernel.audit.request import set_request_id


def told(formatter):
    try:
        try:
            raise KeyError("李小梅 310104201503081234")
        except KeyError as error:
            raise ValueError("13812345678") from error
    except ValueError as error:
        record = logging.LogRecord(
            "wutong.x", 40, __file__, 1, "job %s failed", (17,), (type(error), error, error.__traceback__)
        )
    set_request_id("n" * 32)
    RequestNumber().filter(record)
    set_request_id("")
    return formatter.format(record)


@pytest.mark.parametrize("formatter", [Line("%(levelname)s [%(request)s] %(message)s"), Json()])
def test_an_exception_is_named_and_not_quoted(formatter):
    text = told(formatter)
    assert [word for word in ("李小梅", "3101042", "1381234") if word in text] == []
    assert [
        word for word in ("ValueError", "KeyError", "in told", "job 17 failed", "n" * 32) if word not in text
    ] == []


def test_a_line_for_a_program_is_one_object():
    line = json.loads(told(Json()))
    assert (line["level"], line["logger"], line["request"]) == ("ERROR", "wutong.x", "n" * 32)
    assert line["error"][-1] == "builtins.KeyError"
