"""What a file is, told by its first bytes: names and browsers may say anything."""

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from wutong.kernel.errors import Invalid

SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"PK\x03\x04", "application/zip"),
)
EXTENSIONS: dict[str, tuple[str, ...]] = {
    "application/pdf": ("pdf",),
    "image/png": ("png",),
    "image/jpeg": ("jpg", "jpeg"),
    "image/webp": ("webp",),
    "application/zip": ("zip", "xlsx", "docx", "pptx"),
    "text/plain": ("csv", "txt", "tsv"),
}
OFFICE = "application/vnd.openxmlformats-officedocument."
TYPES = {
    "xlsx": f"{OFFICE}spreadsheetml.sheet",
    "docx": f"{OFFICE}wordprocessingml.document",
    "pptx": f"{OFFICE}presentationml.presentation",
    "csv": "text/csv",
}
# Text that a browser would run if it were ever shown as what it is.
ACTIVE = (b"<html", b"<!doctype", b"<svg", b"<script", b"<?xml", b"<?php", b"#!", b"mz\x90")


def content_type(name: str, start: bytes) -> str:
    """The media type of a file with this name that begins with these bytes; Invalid if they disagree."""
    extension = name.rpartition(".")[2].lower()
    family = _family(start)
    if extension not in EXTENSIONS.get(family, ()):
        allowed = "、".join(sorted({each for names in EXTENSIONS.values() for each in names}))
        raise Invalid(
            format_lazy(_("“{name}”的内容与文件类型不符，或不是可以接受的类型（{allowed}）。"), name=name[:60], allowed=allowed)
        )
    return TYPES.get(extension, family)


def _family(start: bytes) -> str:
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        return "image/webp"
    found = next((kind for mark, kind in SIGNATURES if start.startswith(mark)), None)
    if found:
        return found
    text = start.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    wide = start.startswith((b"\xff\xfe", b"\xfe\xff"))
    if any(text.startswith(mark) for mark in ACTIVE) or (b"\x00" in start and not wide):
        return ""
    return "text/plain"
