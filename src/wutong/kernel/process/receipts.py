"""Receipts: what a person takes home, and how anybody tells whether it is genuine.

Codes are digests under the look-up key of the house, which is never rotated (ADR 0026): nothing is stored for them, and
who has no key makes none up. A check code is of the case
and opens its progress; the code of a receipt is of one line of the timeline, so that what it says is what was so then.
"""

from __future__ import annotations

from base64 import b32encode
from dataclasses import dataclass
from datetime import datetime
from hmac import compare_digest

from wutong.kernel.people.keyring import keyring
from wutong.kernel.process.engine import process_of
from wutong.kernel.process.models import Case, CaseEvent

CHECK, RECEIPT = 10, 16


@dataclass(frozen=True)
class Receipt:
    """What is printed and what the verifying page says; `code` binds them."""

    case: Case
    at: datetime
    state: str
    code: str


def check_code(case: Case) -> str:
    return _code("progress", case.number, CHECK)


def is_check_code(case: Case, given: str) -> bool:
    return same(given, check_code(case))


def receipt_of(case: Case) -> Receipt:
    """Of the last thing that moved the case."""
    return _receipt(case, _moves(case)[-1])


def genuine(number: str, code: str) -> Receipt | None:
    """The receipt that has this number and code, as it was given out; None if we gave out none such."""
    rows = Case.objects.unscoped("by number and code, both of which must be known")
    case = rows.filter(number=plain(number)).select_related("organisation", "process_version").first()
    found = (_receipt(case, move) for move in _moves(case)) if case else ()
    return next((receipt for receipt in found if same(code, receipt.code)), None)


def plain(text: str) -> str:
    """As people copy it: any case, with spaces."""
    return "".join(text.split()).upper()


def same(given: str, code: str) -> bool:
    bare = plain(given).replace("-", "").replace("0", "O").replace("1", "I").replace("8", "B")
    return compare_digest(bare.encode(), code.replace("-", "").encode())


def _moves(case: Case) -> list[CaseEvent]:
    return list(
        case.events.unscoped("of a case that is known").filter(kind=CaseEvent.Kind.STEP).order_by("pk")
    )


def _receipt(case: Case, move: CaseEvent) -> Receipt:
    said = f"{case.number}|{move.pk}|{move.target}|{move.at.timestamp():.6f}"
    return Receipt(
        case, move.at, str(process_of(case).state(move.target).title), _code("receipt", said, RECEIPT)
    )


def _code(purpose: str, text: str, length: int) -> str:
    """Letters and the digits 2 to 7, in groups that can be read aloud."""
    letters = b32encode(keyring().digest(text, f"process.{purpose}")).decode()[:length]
    group = 5 if length == CHECK else 4
    return "-".join(letters[start : start + group] for start in range(0, length, group))
