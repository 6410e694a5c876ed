"""Local test sources: invented records in a table of our own, said to be such wherever they are shown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from wutong.kernel.errors import Sentence
from wutong.kernel.people.keyring import keyring
from wutong.platforms.governance.enrolment.models.application import SourceRecord
from wutong.platforms.governance.enrolment.sources.adapter import Answer, Question

CHUNK = 500


@dataclass(frozen=True)
class LocalSource:
    """`compared` are the facts that must be the same as in the record."""

    name: str
    title: Sentence
    compared: tuple[str, ...]

    def ask_all(self, questions: list[Question]) -> list[Answer]:
        keys = [digest(self.name, question.number) for question in questions]
        held = self._records(keys)
        return [self._answer(question, held.get(key)) for question, key in zip(questions, keys, strict=True)]

    def _records(self, keys: list[bytes]) -> dict[bytes, dict[str, Any]]:
        found: dict[bytes, dict[str, Any]] = {}
        for start in range(0, len(keys), CHUNK):
            rows = SourceRecord.objects.filter(source=self.name, digest__in=keys[start : start + CHUNK])
            found |= {bytes(key): content for key, content in rows.values_list("digest", "content")}
        return found

    def _answer(self, question: Question, record: dict[str, Any] | None) -> Answer:
        if record is None:
            return Answer(known=False)
        differs = tuple(
            name for name in self.compared if _plain(question.said.get(name)) != _plain(record.get(name))
        )
        return Answer(True, differs, None if differs else record)


def _plain(value: Any) -> str:
    return "".join(str(value or "").split())


def digest(source: str, number: str) -> bytes:
    return keyring().digest(number, f"enrolment.{source}")


def keep(source: str, records: Iterable[tuple[str, dict[str, Any]]]) -> None:
    """Plants records by number; for demos, rehearsals and tests."""
    rows = [
        SourceRecord(source=source, digest=digest(source, number), content=content)
        for number, content in records
    ]
    SourceRecord.objects.bulk_create(rows, batch_size=CHUNK, ignore_conflicts=True)


LOCAL: tuple[LocalSource, ...] = (
    LocalSource("household", _("户籍（本地测试数据）"), ("address", "since")),
    LocalSource("property", _("不动产（本地测试数据）"), ("address", "certificate")),
    LocalSource("residence", _("居住证（本地测试数据）"), ("address",)),
    LocalSource("insurance", _("社会保险（本地测试数据）"), ()),
    LocalSource("kinship", _("户籍亲属关系（本地测试数据）"), ("relation",)),
)
