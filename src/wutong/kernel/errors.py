"""Errors that people read: each has a code for programs and one sentence that says how to mend it."""

from collections.abc import Mapping
from typing import ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Sentence = str | Promise


class WutongError(Exception):
    """Rendered once, in `kernel.ui.problems`, as a page, a fragment or problem+json (RFC 9457).

    `fields` maps a field name to its own sentence, for forms and rows of a sheet; `rule` is a short
    stable name of what was broken, `mend` how to put it right.
    """

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 500
    sentence: ClassVar[Sentence] = _("系统出错了，请稍后再试。")

    def __init__(
        self,
        message: Sentence | None = None,
        *,
        fields: Mapping[str, Sentence] | None = None,
        rule: str = "",
        mend: Sentence = "",
    ) -> None:
        self.message = message or self.sentence
        self.fields = dict(fields or {})
        self.rule = rule or self.code
        self.mend = mend
        super().__init__(self.message)

    def __str__(self) -> str:
        return str(self.message)


class Invalid(WutongError):
    code, status = "invalid", 422
    sentence = _("填写的内容有误，请按提示改正。")


class NotAllowed(WutongError):
    code, status = "not_allowed", 403
    sentence = _("您没有办理此事的权限，如有需要请联系本单位管理员。")


class NotFound(WutongError):
    """Also what a person gets who may not know that the thing exists."""

    code, status = "not_found", 404
    sentence = _("没有找到，或者不在您的查看范围内。")


class Conflict(WutongError):
    code, status = "conflict", 409
    sentence = _("别人刚刚改过，请刷新后再试。")
