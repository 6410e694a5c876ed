"""The printed sheet: 24 cards on a page of A4, each with its lines and its QR."""

from collections.abc import Sequence
from io import BytesIO

import segno
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.pdfmetrics import registerFont, stringWidth
from reportlab.pdfgen.canvas import Canvas

from wutong.centres.identity.accounts.cards import HAN, Face

COLUMNS, ROWS = 3, 8
WIDTH, HEIGHT = 66 * mm, 35 * mm
LEFT, TOP = (A4[0] - COLUMNS * WIDTH) / 2, A4[1] - 8.5 * mm
EDGE, QR = 3 * mm, 25 * mm
NOTES = 40


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
