"""A ticket that eight services show at the same moment holds for one of them."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.cache import cache
from django.db import connections
from django.test import Client

from wutong.centres.identity.cas.models import ServiceSession
from wutong.centres.identity.cas.tests.test_protocol import ask, register, ticket_in, wish
from wutong.kernel.testing.factories import prepared_town

AT_ONCE, ROUNDS = 8, 10


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True, databases="__all__")
def test_eight_validations_at_once_give_one_success():
    cache.clear()
    town = prepared_town()
    register(town)
    browser = Client()
    browser.force_login(town.account("clerk"))
    for _round in range(ROUNDS):
        ticket, start = ticket_in(wish(browser)), threading.Barrier(AT_ONCE)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            answers = list(pool.map(_validated, [ticket] * AT_ONCE, [start] * AT_ONCE))
        assert sorted(answers) == [False] * (AT_ONCE - 1) + [True]
    assert ServiceSession.objects.count() == ROUNDS


def _validated(ticket: str, start: threading.Barrier) -> bool:
    start.wait()
    try:
        answer = ask("p3/serviceValidate", ticket=ticket).content
    finally:
        connections.close_all()
    assert b"authenticationSuccess" in answer or b"INVALID_TICKET" in answer
    return b"authenticationSuccess" in answer
