"""A receipt on paper: one A5 page, in a font that every PDF reader brings for Chinese, so that no file is needed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from io import BytesIO

import segno
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A5
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from wutong.kernel.process.engine import process_of
from wutong.kernel.process.receipts import Receipt, check_code

WIDTH, HEIGHT = A5
LEFT, RIGHT = 16 * mm, WIDTH - 16 * mm
LEAF, INK, QUIET, LINE = (HexColor(colour) for colour in ("#16463a", "#1d2722", "#5b675f", "#c9d3cb"))


@lru_cache(maxsize=1)
def font() -> str:
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    return "STSong-Light"


def printed(receipt: Receipt, *, verify_at: str) -> bytes:
    file = BytesIO()
    paper = Canvas(file, pagesize=A5, invariant=True)
    paper.setTitle(f"{receipt.case.number} {_('办件回执')}")
    paper.setAuthor(str(receipt.case.organisation))
    _head(paper, receipt)
    bottom = _facts(paper, lines(receipt), top=HEIGHT - 56 * mm)
    _proof(paper, receipt, verify_at, top=bottom - 8 * mm)
    paper.showPage()
    paper.save()
    return file.getvalue()


def lines(receipt: Receipt) -> Sequence[tuple[str, str]]:
    case = receipt.case
    return (
        (_("办件号"), case.number),
        (_("事项"), str(process_of(case).title)),
        (_("标题"), case.title),
        (_("申请人"), str(case.applicant)),
        (_("单位"), str(case.organisation)),
        (_("发起时间"), moment(case.opened)),
        (_("状态"), f"{receipt.state}（{moment(receipt.at)}）"),
        (_("查询码"), check_code(case)),
    )


def moment(at: datetime) -> str:
    return formats.date_format(timezone.localtime(at), "DATETIME_FORMAT")


def _head(paper: Canvas, receipt: Receipt) -> None:
    paper.setFillColor(LEAF)
    paper.rect(0, HEIGHT - 9 * mm, WIDTH, 9 * mm, stroke=0, fill=1)
    paper.setFont(font(), 20)
    paper.drawString(LEFT, HEIGHT - 30 * mm, _("办件回执"))
    _text(paper, LEFT, HEIGHT - 38 * mm, _("梧桐 · 上海教育数字底座"), 9)
    paper.setFillColor(INK)
    paper.setFont(font(), 12)
    paper.drawRightString(RIGHT, HEIGHT - 30 * mm, receipt.case.number)


def _facts(paper: Canvas, rows: Sequence[tuple[str, str]], *, top: float) -> float:
    """Label and value, one line each; a long value runs over several. Where the last one ends."""
    for label, value in rows:
        _text(paper, LEFT, top, label, 9)
        for part in _broken(value):
            _text(paper, LEFT + 30 * mm, top, part, 10.5, INK)
            top -= 5.5 * mm
        paper.setStrokeColor(LINE)
        paper.line(LEFT, top + 2 * mm, RIGHT, top + 2 * mm)
        top -= 3.5 * mm
    return top


def _proof(paper: Canvas, receipt: Receipt, verify_at: str, *, top: float) -> None:
    side = 30 * mm
    _square(paper, verify_at, LEFT, top - side, side)
    x = LEFT + side + 6 * mm
    _text(paper, x, top - 5 * mm, _("校验码"), 9)
    paper.setFillColor(INK)
    paper.setFont("Courier-Bold", 13)
    paper.drawString(x, top - 12 * mm, receipt.code)
    words = _("扫描左侧二维码，或在核验页输入办件号和校验码，可以核对这张回执的真伪。")
    for number, part in enumerate(_broken(words, RIGHT - x, 8.5)):
        _text(paper, x, top - 19 * mm - number * 4.5 * mm, part, 8.5)


def _square(paper: Canvas, text: str, x: float, y: float, side: float) -> None:
    """A QR code as squares, so that it stays sharp at any size."""
    rows = [list(row) for row in segno.make(text, error="m").matrix]
    step = side / len(rows)
    paper.setFillColor(INK)
    for line, row in enumerate(rows):
        for column, dark in enumerate(row):
            if dark:
                paper.rect(x + column * step, y + side - (line + 1) * step, step, step, stroke=0, fill=1)


def _text(paper: Canvas, x: float, y: float, text: str, size: float, colour: HexColor = QUIET) -> None:
    paper.setFillColor(colour)
    paper.setFont(font(), size)
    paper.drawString(x, y, text)


def _broken(text: str, width: float = RIGHT - LEFT - 30 * mm, size: float = 10.5) -> list[str]:
    """Lines that fit: Chinese breaks anywhere, so letters are counted, not words."""
    parts = [""]
    for letter in text:
        if pdfmetrics.stringWidth(parts[-1] + letter, font(), size) > width:
            parts.append("")
        parts[-1] += letter
    return parts
