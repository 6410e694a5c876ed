"""What stands on a card that is handed out: a name, a code, and where its QR leads."""

from dataclasses import dataclass

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from wutong.centres.identity.accounts.activation import Card

# Every reader has this face or one in its place: the file holds no font of its own.
HAN = "STSong-Light"

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
