"""A register as a sheet that can be read back."""

from collections.abc import Mapping
from tempfile import TemporaryFile
from typing import BinaryIO, cast

from wutong.kernel.audit.api import journal
from wutong.kernel.errors import NotFound
from wutong.kernel.policy import Actor
from wutong.kernel.register.kinds import Number
from wutong.kernel.register.queries import records
from wutong.kernel.register.spec import Register
from wutong.kernel.sheet.writing import write_csv, write_xlsx


def exported(register: Register, actor: Actor, kind: str, chosen: Mapping[str, str]) -> BinaryIO:
    """The visible rows as `csv` or `xlsx`, at the start of a temporary file. Journalled."""
    if kind not in ("csv", "xlsx"):
        raise NotFound
    file = cast(BinaryIO, TemporaryFile())
    header = [str(column.title) for column in register.columns]
    rows = (list(record.values()) for record in records(register, actor, chosen))
    if kind == "csv":
        write_csv(file, header, rows)
    else:
        codes = {str(column.title) for column in register.columns if isinstance(column.kind, Number)}
        write_xlsx(file, header, rows, title=str(register.title), text_columns=codes)
    journal(actor, "register.exported", register, kind=kind, chosen=dict(chosen))
    file.seek(0)
    return file
