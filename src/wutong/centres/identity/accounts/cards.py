"""The printed sheet: 24 cards on a page of A4, each with a name, a code and its QR."""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO

import segno
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.pdfmetrics import registerFont, stringWidth
from reportlab.pdfgen.canvas import Canvas

from wutong.centres.identity.accounts.activation import Card

COLUMNS, ROWS = 3, 8
WIDTH, HEIGHT = 66 * mm, 35 * mm
LEFT, TOP = (A4[0] - COLUMNS * WIDTH) / 2, A4[1] - 8.5 * mm
EDGE, QR = 3 * mm, 25 * mm
# Every reader has this face or one in its place: the file holds no font of its own.
HAN = "STSong-Light"
NOTES = 40


Line = tuple[str, float, str, float]


@dataclass(frozen=True)
class Face:
    """What stands on one card: where its QR leads, and its lines (text, size, face, millimetres from the top)."""

    link: str
    lines: tuple[Line, ...]


def card_face(card: Card, address: str) -> Face:
    expires = _("%(day)s前有效，只能用一次") % {"day": date_format(card.expires, "DATE_FORMAT")}
    return Face(
        f"{address}?code={card.code}",
        (
            (card.name, 13, HAN, 9),
            (card.place, 7, HAN, 13.5),
            (card.code, 11.5, "Courier-Bold", 20.5),
            (_("扫码，或在登录页点“激活账号”"), 6.5, HAN, 26),
            (expires, 6.5, HAN, 29.5),
        ),
    )


def sheet(faces: Sequence[Face], *, title: str, notes: Sequence[str] = ()) -> bytes:
    """The cards, and on a page of their own the lines that only the teacher keeps."""
    registerFont(UnicodeCIDFont(HAN))
    into = BytesIO()
    canvas = Canvas(into, pagesize=A4, pageCompression=1)
    canvas.setTitle(title)
    for number, face in enumerate(faces):
        place = number % (COLUMNS * ROWS)
        if number and place == 0:
            canvas.showPage()
        _draw(canvas, face, LEFT + place % COLUMNS * WIDTH, TOP - (place // COLUMNS + 1) * HEIGHT)
    for start in range(0, len(notes), NOTES):
        canvas.showPage()
        _note(canvas, [title, *notes[start : start + NOTES]])
    canvas.save()
    return into.getvalue()


def _note(canvas: Canvas, lines: Sequence[str]) -> None:
    canvas.setFont(HAN, 11)
    for number, line in enumerate(lines):
        canvas.drawString(20 * mm, A4[1] - (20 + number * 6) * mm, line)


def _draw(canvas: Canvas, face: Face, x: float, y: float) -> None:
    canvas.setLineWidth(0.3)
    canvas.setDash(1, 2)
    canvas.rect(x, y, WIDTH, HEIGHT)
    canvas.setDash()
    _squares(canvas, face.link, x + EDGE, y + (HEIGHT - QR) / 2)
    left, room = x + EDGE + QR + 2 * mm, WIDTH - QR - 2 * EDGE - 2 * mm
    for line, size, font, down in face.lines:
        canvas.setFont(font, _fitting(line, font, size, room))
        canvas.drawString(left, y + HEIGHT - down * mm, line)


def _fitting(line: str, face: str, size: float, room: float) -> float:
    """Long names of schools are set smaller rather than cut."""
    return min(size, size * room / max(stringWidth(line, face, size), 1))


def _squares(canvas: Canvas, text: str, x: float, y: float) -> None:
    rows = list(segno.make(text, error="m", micro=False).matrix_iter(border=0))
    side = QR / len(rows)
    for down, row in enumerate(rows):
        for start, length in _runs(row):
            canvas.rect(
                x + start * side, y + QR - (down + 1) * side, length * side, side * 1.02, stroke=0, fill=1
            )


def _runs(row: Sequence[int]) -> list[tuple[int, int]]:
    """Where dark squares begin, and how many stand side by side: one rectangle for each."""
    found: list[tuple[int, int]] = []
    for place, dark in enumerate(row):
        if dark and found and sum(found[-1]) == place:
            found[-1] = (found[-1][0], found[-1][1] + 1)
        elif dark:
            found.append((place, 1))
    return found
