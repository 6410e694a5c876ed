"""The English catalogue: message ids are the Chinese sentences in the code.

`extract` brings it up to date and keeps what is translated; `check` names what is missing.
"""

import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src/wutong"
CATALOGUE = SOURCE / "locale/en/LC_MESSAGES/django.po"
KEYWORDS = {
    **dict.fromkeys(("_", "gettext", "gettext_lazy", "gettext_noop")),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), (1, 2)),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), ((1, "c"), 2)),
    **dict.fromkeys(("npgettext", "npgettext_lazy"), ((1, "c"), 2, 3)),
}
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[sd]|\{\w*\}")
# What changes with every run or says nothing.
IDLE = re.compile(
    r'^"(Project-Id-Version|Report-Msgid-Bugs-To|POT-Creation-Date|PO-Revision-Date|Last-Translator|Language-Team'
    r'|Generated-By): .*"\n',
    re.MULTILINE,
)
HEADER = "# English for the Chinese sentences in the code. `make messages` keeps it in step and sorted."
Key = tuple[str, str | None]


def as_python(path: Path) -> bytes:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        return text.encode()
    # Templates become lines of calls; their indentation means nothing to Python.
    return "\n".join(line.lstrip() for line in templatize(text).splitlines()).encode()


def sources() -> list[Path]:
    found = [*SOURCE.rglob("*.py"), *SOURCE.rglob("templates/**/*.html"), *SOURCE.rglob("templates/**/*.txt")]
    return sorted(path for path in found if not {"tests", "migrations"} & set(path.parts))


def found_messages() -> Catalog:
    catalogue = Catalog(locale="en", header_comment=HEADER, charset="utf-8", fuzzy=False)
    for path in sources():
        where = [(path.relative_to(ROOT).as_posix(), 1)]
        for _line, ids, _comments, context in extract("python", io.BytesIO(as_python(path)), KEYWORDS):
            catalogue.add(ids, locations=where, context=context)
    return catalogue


def key(message: Message) -> Key:
    return first(message.id), message.context


def first(text: str | tuple[str, ...] | list[str]) -> str:
    return text if isinstance(text, str) else text[0]


def forms(text: str | tuple[str, ...] | list[str] | None) -> list[str]:
    """Singular and plural; a message without English has one empty form."""
    return [text or ""] if isinstance(text, str | None) else list(text)


def known() -> dict[Key, Message]:
    if not CATALOGUE.exists():
        return {}
    with CATALOGUE.open("rb") as file:
        return {key(message): message for message in read_po(file) if message.id}


def update() -> str:
    catalogue, old = found_messages(), known()
    for message in catalogue:
        before = old.get(key(message))
        if message.id and before and len(forms(before.id)) == len(forms(message.id)):
            message.string = before.string
    CATALOGUE.parent.mkdir(parents=True, exist_ok=True)
    out = io.BytesIO()
    write_po(out, catalogue, sort_output=True, include_lineno=False, width=110)
    CATALOGUE.write_text(IDLE.sub("", out.getvalue().decode()), encoding="utf-8")
    empty = sum(1 for message in catalogue if message.id and not all(forms(message.string)))
    return f"{len(catalogue)} messages, {empty} without English."


def placeholders(text: str) -> list[str]:
    return sorted(PLACEHOLDER.findall(text.replace("%%", "")))


def problems() -> Iterator[str]:
    found = {key(message): message for message in found_messages() if message.id}
    old = known()
    for each, message in found.items():
        english = forms(old[each].string) if each in old else [""]
        where = ", ".join(sorted({path for path, _line in message.locations}))
        if not all(english):
            yield f"no English: {each[0]!r} ({where})"
        elif placeholders(english[-1]) != placeholders(forms(message.id)[-1]):
            yield f"other placeholders in English: {each[0]!r} ({where})"
    for each in old.keys() - found.keys():
        yield f"obsolete: {each[0]!r}"


def main(verb: str) -> int:
    if verb == "extract":
        print(update())
        return 0
    wrong = sorted(problems())
    for line in wrong:
        print(line)
    if wrong:
        print(f"{len(wrong)} problems: run `make messages`, then fill in the English.")
    return bool(wrong)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1] if len(sys.argv) > 1 else "check"))
