"""What other modules may ask of the master data."""

from dataclasses import dataclass

from wutong.centres.data.master.models import Institution

__all__ = ["SchoolFacts", "school_facts"]


@dataclass(frozen=True)
class SchoolFacts:
    organisation_id: int
    name: str
    stages: tuple[str, ...]
    nature: str
    address: str


def school_facts(organisation_id: int) -> SchoolFacts | None:
    rows = Institution.objects.unscoped("facts of a school are public").select_related("organisation")
    row = rows.filter(pk=organisation_id).first()
    if row is None:
        return None
    return SchoolFacts(row.pk, row.organisation.name, tuple(row.stages), row.nature, row.address)
