from collections.abc import Iterator

import pytest

from wutong.config.api.limits import LIMITER


@pytest.fixture(autouse=True)
def nobody_has_asked_yet() -> Iterator[None]:
    """Accounts of the next test have the same keys; what these spent is not theirs."""
    LIMITER.held.clear()
    yield
