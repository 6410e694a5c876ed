"""Appending to the chain and checking it. SHA-256 over canonical JSON, each entry over the one before."""

import hashlib
import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from django.db import models

from wutong.kernel.audit.models import AuditEntry, AuditHead
from wutong.kernel.audit.request import current_request_id
from wutong.kernel.policy import Actor


def seal(content: dict[str, Any]) -> str:
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def kind_of(subject: Any) -> str:
    return subject._meta.label_lower if isinstance(subject, models.Model) else type(subject).__name__.lower()


def append(actor: Actor, action: str, subject: Any, *, changes: dict[str, Any], at: datetime) -> AuditEntry:
    """Adds one entry. Call it last in a transaction: the head row is locked until the commit."""
    head, _created = AuditHead.objects.select_for_update().get_or_create(pk=1)
    entry = AuditEntry(
        sequence=head.sequence + 1,
        at=at.astimezone(UTC),
        actor_id=actor.person_id,
        actor_name=actor.name,
        action=action,
        subject_kind=kind_of(subject),
        subject_id=str(getattr(subject, "pk", "") or ""),
        subject_name=str(subject)[:200],
        organisation_path=getattr(subject, "scope_path", "") or "",
        changes=changes,
        request_id=current_request_id(),
        previous=head.digest,
    )
    entry.digest = seal(entry.content())
    entry.save(force_insert=True)
    head.sequence, head.digest = entry.sequence, entry.digest
    head.save(update_fields=["sequence", "digest"])
    return entry


@dataclass(frozen=True)
class Verdict:
    """`broken` is the first sequence number that does not hold, None if all do."""

    entries: int
    head: str
    broken: int | None = None
    reason: str = ""


def verify() -> Verdict:
    """Walks the whole chain, streaming; finds edited, removed, inserted and cut-off entries."""
    previous, sequence = "", 0
    for entry in AuditEntry.objects.unscoped("the chain is one").order_by("sequence").iterator(2000):
        sequence += 1
        if entry.sequence != sequence:
            return Verdict(sequence - 1, previous, sequence, "missing")
        if entry.previous != previous or seal(entry.content()) != entry.digest:
            return Verdict(sequence, previous, sequence, "edited")
        previous = entry.digest
    head = AuditHead.objects.first()
    expected = (head.sequence, head.digest) if head else (0, "")
    return _against_head(Verdict(sequence, previous), *expected)


def _against_head(walked: Verdict, entries: int, digest: str) -> Verdict:
    """The entries agree with each other; the head says how many there were and how the last was sealed."""
    if walked.entries < entries:
        return replace(walked, broken=walked.entries + 1, reason="cut off")
    if walked.entries > entries:
        return replace(walked, broken=entries + 1, reason="inserted")
    return walked if walked.head == digest else replace(walked, broken=entries, reason="edited")
