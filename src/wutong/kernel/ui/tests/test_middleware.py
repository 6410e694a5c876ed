"""A page that is only looked at cannot write, and every answer has a number."""

import pytest
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import RequestFactory

from wutong.kernel.audit.request import current_request_id
from wutong.kernel.codes.models import CodeSet
from wutong.kernel.ui.middleware import (
    ReadOnlyMiddleware,
    RequestNumberMiddleware,
    WriteOnRead,
    written_by_get,
)


def answer(request):
    return HttpResponse(current_request_id())


def write(request):
    CodeSet.objects.create(name="one", title="甲", version="1", valid_from="2026-01-01")
    return HttpResponse("")


@pytest.mark.django_db
@pytest.mark.parametrize(("method", "rows"), [("get", 0), ("head", 0), ("post", 1), ("delete", 1)])
def test_only_what_is_sent_may_write(method, rows):
    request = getattr(RequestFactory(), method)("/")
    if rows:
        ReadOnlyMiddleware(write)(request)
    else:
        with pytest.raises(WriteOnRead), transaction.atomic():
            ReadOnlyMiddleware(write)(request)
    assert CodeSet.objects.count() == rows


@pytest.mark.django_db
def test_a_view_that_says_so_may_write_and_the_next_one_may_not():
    ReadOnlyMiddleware(written_by_get("a protocol of others")(write))(RequestFactory().get("/"))
    assert CodeSet.objects.count() == 1
    with pytest.raises(WriteOnRead), transaction.atomic():
        ReadOnlyMiddleware(write)(RequestFactory().get("/"))


@pytest.mark.django_db
@pytest.mark.parametrize(
    "sql",
    ["INSERT INTO codes_codeset (name) VALUES ('x')", " update codes_codeset SET name = 'x'", "DELETE FROM codes_codeset",
     "DROP TABLE codes_codeset", "/* SELECT */ DELETE FROM codes_codeset"],
)  # fmt: skip
def test_no_statement_slips_through(sql):
    def run(request):
        with connection.cursor() as cursor:
            cursor.execute(sql)

    with pytest.raises(WriteOnRead):
        ReadOnlyMiddleware(run)(RequestFactory().get("/"))


@pytest.mark.parametrize(
    ("given", "kept"), [("proxy-12345678", True), ("short", False), ("x" * 41, False), ("a b<script>", False)]
)
def test_a_number_of_the_proxy_is_kept_if_it_looks_like_one(given, kept):
    response = RequestNumberMiddleware(answer)(RequestFactory().get("/", headers={"X-Request-ID": given}))
    assert (response["X-Request-ID"] == given) == kept
    assert response.content.decode() == response["X-Request-ID"]
    assert len(response["X-Request-ID"]) >= 8
