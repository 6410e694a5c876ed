"""What bodies look like where they are the same in every house; those of registers follow from their columns."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from ninja import Field, Schema
from pydantic import ConfigDict


class Exact(Schema):
    """A body of a request: no other names, no other types."""

    model_config = ConfigDict(strict=True, extra="forbid")


class Row(Schema):
    """Stands for a row of each register; replaced by its columns in the description."""

    id: int


class Rows(Schema):
    items: list[Row]
    next: str | None = Field(description=_("下一页的地址；没有下一页时为 null"))
    total: int | None = Field(
        default=None, description=_("共几行，只在第一页；人员与监护关系，能看一个区或更多的人不计数")
    )
    total_is_capped: bool | None = Field(default=None, description=_("为 true 时实际行数不少于 total"))


class RegisterLine(Schema):
    name: str
    title: str
    url: str
    may_edit: bool
    columns: list[str]


class Registers(Schema):
    items: list[RegisterLine]


class Entry(Schema):
    sequence: int
    at: str
    actor_name: str
    action: str
    title: str
    changes: dict[str, Any]


class History(Schema):
    items: list[Entry]


class Purpose(Exact):
    purpose: str = Field(
        max_length=200, description=_("用途，和调用者一起记入审计日志"), examples=["核对学籍"]
    )


class FullNumber(Schema):
    kind: str
    number: str


class CaseLine(Schema):
    number: str
    process: str
    process_title: str
    title: str
    state: str
    state_title: str
    organisation: str
    opened: str
    due: str | None
    closed: str | None
    outcome: str
    url: str = Field(description=_("页面的地址"))


class Cases(Schema):
    items: list[CaseLine]
    next: str | None


class StepLine(Schema):
    name: str
    title: str
    reason_required: bool
    hint: str
    body: dict[str, Any] = Field(description=_("values 的 JSON Schema"))


class Move(Schema):
    at: str
    title: str
    actor_name: str
    comment: str


class WholeCase(CaseLine):
    steps: list[StepLine] = Field(description=_("调用者现在可以办理的步骤"))
    may_delegate: bool
    timeline: list[Move]


class Taking(Exact):
    comment: str = Field(default="", max_length=500, description=_("意见；退回、不同意等步骤必填"))
    values: dict[str, Any] = Field(default_factory=dict, description=_("步骤自己的表单"))


class Delegating(Exact):
    person: int = Field(ge=1, le=2**63 - 1, description=_("同事的人员编号"))
    comment: str = Field(default="", max_length=200)


class Opening(Exact):
    process: str = Field(max_length=60, examples=["change"])
    values: dict[str, Any] = Field(default_factory=dict)


class ProcessLine(Schema):
    name: str
    title: str
    body: dict[str, Any] = Field(description=_("values 的 JSON Schema"))


class Processes(Schema):
    items: list[ProcessLine]


class CodeSetLine(Schema):
    name: str
    title: str
    version: str
    size: int


class CodeSets(Schema):
    items: list[CodeSetLine]


class CodeLine(Schema):
    code: str
    name: str
    name_en: str
    parent: str
    note: str
    valid_to: str | None


class WholeCodeSet(Schema):
    name: str
    title: str
    title_en: str
    standard: str
    version: str
    valid_from: str
    valid_to: str | None
    confidence: str
    note: str
    source: str
    codes: list[CodeLine]


class Hit(Schema):
    title: str
    subtitle: str
    kind: str
    url: str


class Hits(Schema):
    items: list[Hit]
    total_at_most: int
    facets: dict[str, int]
    took_ms: float


class RoleLine(Schema):
    name: str
    organisation_id: int
    organisation: str


class Me(Schema):
    person_id: int | None
    name: str
    client: str | None
    scopes: list[str]
    roles: list[RoleLine]


class Problem(Schema):
    """RFC 9457."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    rule: str | None = None
    mend: str | None = Field(default=None, description=_("怎样改"))
    fields: dict[str, str] | None = Field(default=None, description=_("每一项的问题"))


class Outcome(Schema):
    """One line of the answer to a batch; the last line holds the counts instead."""

    line: int
    outcome: str
    id: int | None = None
    problems: list[dict[str, Any]] | None = None
