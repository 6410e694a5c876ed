"""Writers at the same moment keep one chain."""

import threading

import pytest
from django.db import connections

from wutong.kernel.audit.api import journal
from wutong.kernel.audit.chain import verify
from wutong.kernel.policy import SYSTEM


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True, databases="__all__")
def test_writers_at_once_keep_one_chain():
    """The head does not even exist when they begin."""
    start = threading.Barrier(4)

    def write():
        start.wait()
        for number in range(15):
            journal(SYSTEM, "trial.race", SYSTEM, number=number)
        connections.close_all()

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    verdict = verify()
    assert (verdict.entries, verdict.broken) == (60, None)
