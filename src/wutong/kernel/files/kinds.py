"""What a file is, by what stands inside it. What is not known here is not taken."""

import codecs
import re
import zipfile
from collections.abc import Mapping
from pathlib import PurePath
from typing import IO

from django.utils.translation import gettext as _

from wutong.kernel.errors import Invalid

HEAD = 64 * 1024
SIGNATURES = (
    (b"%PDF-", "pdf"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
)
OFFICE = {"xl/workbook.xml": "xlsx", "word/document.xml": "docx"}
EXTENSIONS: Mapping[str, tuple[str, ...]] = {
    "pdf": ("pdf",), "png": ("png",), "jpeg": ("jpg", "jpeg"), "webp": ("webp",),
    "xlsx": ("xlsx",), "docx": ("docx",), "zip": ("zip",), "text": ("csv", "txt"),
}  # fmt: skip
TYPES: Mapping[str, str] = {
    "pdf": "application/pdf",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "webp": "image/webp",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "zip": "application/zip",
    "csv": "text/csv; charset=utf-8",
    "txt": "text/plain; charset=utf-8",
}
# Text that a browser or a shell would run.
ACTIVE = re.compile(rb"<\s*(!doctype|html|svg|script|iframe|body|head|\?xml|\?php)|\A\s*#!", re.IGNORECASE)


def content_type(name: str, file: IO[bytes]) -> str:
    """The type to serve the file as; Invalid if its content is not what its name says. Leaves it rewound."""
    extension = PurePath(name).suffix.lstrip(".").lower()
    if extension not in TYPES:
        raise Invalid(_("不接受这种文件。可以上传：%(kinds)s。") % {"kinds": "、".join(TYPES)})
    found = kind_of(file)
    file.seek(0)
    if extension not in EXTENSIONS.get(found, ()):
        raise Invalid(
            _("文件内容与扩展名 .%(ext)s 不符，请用原来的程序重新保存后再上传。") % {"ext": extension}
        )
    return TYPES[extension]


def kind_of(file: IO[bytes]) -> str:
    """One of EXTENSIONS' keys, empty if none."""
    file.seek(0)
    head = file.read(HEAD)
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    for signature, kind in SIGNATURES:
        if head.startswith(signature):
            return _inside(file) if kind == "zip" else kind
    return "text" if _is_text(head) else ""


def _inside(file: IO[bytes]) -> str:
    file.seek(0)
    try:
        with zipfile.ZipFile(file) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return ""
    if any(name.endswith("vbaProject.bin") for name in names):
        return ""
    return next((kind for part, kind in OFFICE.items() if part in names), "zip")


def _is_text(head: bytes) -> bool:
    if b"\x00" in head or ACTIVE.search(head):
        return False
    return any(_decodes(head, encoding) for encoding in ("utf-8", "gb18030"))


def _decodes(head: bytes, encoding: str) -> bool:
    """The head may end inside a character."""
    try:
        codecs.getincrementaldecoder(encoding)().decode(head, final=len(head) < HEAD)
    except UnicodeDecodeError:
        return False
    return True
