"""What must hold everywhere and no import shows."""

import io
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command

from tools import messages

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src/wutong"
UI = SOURCE / "kernel/ui"
BOOTSTRAP = re.compile(
    r"(btn|row|card|badge|alert|table|nav|navbar|dropdown|modal|accordion|container|form|input-group|list-group|col)"
    r"(-[a-z0-9-]+)?|[mp][tbsexy]?-[0-5]|d-(none|flex|grid|block|inline)|text-(muted|end|center)|float-(end|start)"
)


@cache
def tracked() -> list[Path]:
    """Files in the repository, or about to be."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    return [ROOT / name for name in names if (ROOT / name).is_file()]


@cache
def text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


def package_of(path: Path) -> str:
    """`platforms/governance/enrolment` for a file of that module, `kernel/ui` for one of a kernel piece."""
    parts = path.relative_to(SOURCE).parts
    return "/".join(parts[: 2 if parts[0] in ("kernel", "network") else 3])


def python_files() -> list[Path]:
    return [path for path in tracked() if path.suffix == ".py" and path.is_relative_to(SOURCE)]


def product_code() -> list[Path]:
    return [path for path in python_files() if not {"tests", "migrations"} & set(path.parts)]


def templates() -> list[Path]:
    found = [
        path for path in tracked() if path.is_relative_to(SOURCE) and path.suffix in (".html", ".txt", ".svg")
    ]
    return [path for path in found if "templates" in path.parts and "tests" not in path.parts]


def matches(paths: list[Path], pattern: str) -> list[str]:
    finder = re.compile(pattern)
    return [
        f"{path.relative_to(ROOT)}: {found.group()}"
        for path in paths
        for found in finder.finditer(text(path))
    ]


def template_name(path: Path) -> str:
    return "/".join(path.parts[path.parts.index("templates") + 1 :])


def test_every_template_is_used():
    """By its name in code or in another template; those under a library's own folder override that library's."""
    everything = "\n".join(text(path) for path in [*product_code(), *templates()])
    libraries = ("account/", "mfa/", "allauth/", "usersessions/")
    standard = {"400.html", "403.html", "403_csrf.html", "404.html", "429.html", "500.html", "503.html"}
    names = [template_name(path) for path in templates()]
    ours = [name for name in names if not name.startswith(libraries) and name not in standard]
    assert [name for name in ours if not mentioned(name, everything)] == []


def mentioned(name: str, everything: str) -> bool:
    """By its whole name, or by its stem where a component's template is found from the tag."""
    folder, _, file = name.rpartition("/")
    stem = file.rsplit(".", 1)[0]
    if f"{name}" in everything:
        return True
    return (
        folder.startswith("ui/")
        and re.search(rf"""["']{re.escape(stem)}["']|\bdef {stem}\b""", everything) is not None
    )


def test_every_loaded_tag_library_is_used():
    assert [line for path in templates() for line in unused_loads(path)] == []


def unused_loads(path: Path) -> Iterator[str]:
    from django.template.engine import Engine  # noqa: PLC0415  the libraries are known after set-up
    from django.template.library import import_library  # noqa: PLC0415

    body = text(path)
    known = Engine.get_default().libraries
    used = set(re.findall(r"{%\s*([\w:]+)", body)) | set(re.findall(r"\|\s*(\w+)", body))
    for load in re.findall(r"{%\s*load\s+(.*?)\s*%}", body):
        for name in load.split(" from ")[-1].split():
            library = import_library(known[name]) if name in known else None
            if library and not used & (library.tags.keys() | library.filters.keys()):
                yield f"{path.relative_to(ROOT)}: {name}"


def test_bootstrap_is_named_only_in_components():
    """Modules say what a thing is; how it looks is decided in one place."""
    found = []
    for path in templates():
        if path.is_relative_to(UI):
            continue
        for classes in re.findall(r'class="([^"]*)"', text(path)):
            words = re.sub(r"{[{%].*?[%}]}", " ", classes).split()
            found += [f"{path.relative_to(ROOT)}: {word}" for word in words if BOOTSTRAP.fullmatch(word)]
    assert found == []


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        (r"<style\b", "styles stand in the style sheet"),
        (r"<script\b(?![^>]*\bsrc=)", "scripts stand in files"),
        (r"\sstyle=[\"']", "the content security policy refuses inline styles"),
        (r"\son[a-z]+=[\"']", "the content security policy refuses inline handlers"),
        (r"\shx-on\b", "behaviour stands in modules"),
        (r"javascript:", "behaviour stands in modules"),
        (r"(src|href)=[\"'](https?:)?//[^\"']+\.(js|css|woff2?)\b", "nothing is fetched from elsewhere"),
    ],
)
def test_pages_hold_no_code_and_no_foreign_files(pattern: str, why: str):
    assert matches(templates(), pattern) == [], why


def test_htmx_is_used_with_six_attributes():
    """And the page itself once says which headers every request carries."""
    allowed = {"hx-get", "hx-post", "hx-target", "hx-swap", "hx-trigger", "hx-push-url"}
    page = UI / "templates/ui/page.html"
    found = [
        (path, name) for path in templates() for name in re.findall(r"\s(hx-[a-z-]+)(?:=|\s|>)", text(path))
    ]
    assert [
        f"{path.relative_to(ROOT)}: {name}"
        for path, name in found
        if name not in allowed and (path, name) != (page, "hx-headers")
    ] == []


def test_modules_announce_events_and_not_signals():
    signals = r"\b(post_save|pre_save|post_delete|pre_delete|m2m_changed)\b"
    assert matches(product_code(), signals) == []


def test_no_module_reaches_for_anothers_tables_by_name():
    found = []
    labels = apps_by_label()
    for path in product_code():
        for label in re.findall(r"get_model\(\s*[\"'](\w+)[.\"']", text(path)):
            owner = labels.get(label, "")
            if owner and owner != package_of(path) and not owner.startswith("kernel/"):
                found.append(f"{path.relative_to(ROOT)}: {label}")
    assert found == []


def apps_by_label() -> dict[str, str]:
    from django.apps import apps  # noqa: PLC0415  filled by django.setup()

    ours = [config for config in apps.get_app_configs() if config.name.startswith("wutong.")]
    return {config.label: config.name.removeprefix("wutong.").replace(".", "/") for config in ours}


def test_templates_name_only_their_own_addresses():
    """A link to another module comes from its api or from the kernel's registers and processes."""
    spaces = namespaces()
    found = []
    for path in [path for path in templates() if not path.is_relative_to(SOURCE / "kernel")]:
        for space in re.findall(r"{%\s*url\s+[\"'](\w+):", text(path)):
            owner = spaces.get(space, "")
            if owner and owner != package_of(path) and not owner.startswith("kernel/"):
                found.append(f"{path.relative_to(ROOT)}: {space}")
    assert found == []


def namespaces() -> dict[str, str]:
    named = [
        (path, re.search(r"^app_name\s*=\s*[\"'](\w+)", text(path), re.MULTILINE)) for path in product_code()
    ]
    return {found.group(1): package_of(path) for path, found in named if found}


def test_templates_stand_under_their_own_name():
    """`templates/NAME/…`, so that two modules never hide each other's page; no module extends another's."""
    found = []
    for path in [path for path in templates() if not path.is_relative_to(SOURCE / "kernel")]:
        other = [
            name for name in used_templates(path) if owner_of(name) not in ("", package_of(path), "kernel")
        ]
        found += [f"{path.relative_to(ROOT)}: {name}" for name in other]
    assert found == []


def used_templates(path: Path) -> list[str]:
    return re.findall(r"{%\s*(?:extends|include)\s+[\"']([^\"'#]+)", text(path))


@cache
def owners() -> dict[str, str]:
    pairs = [(template_name(path), package_of(path)) for path in templates()]
    return {name: "kernel" if owner.startswith("kernel/") else owner for name, owner in pairs}


def owner_of(name: str) -> str:
    return owners().get(name, "")


def test_no_drawer_for_everything():
    """A file is named after what it holds, but for the one that Django looks for by this name."""
    given = "src/wutong/config/postgresql/base.py"
    vague = {"core", "common", "base", "utils", "util", "helpers", "helper", "misc", "shared", "lib"}
    paths = [path.relative_to(ROOT) for path in python_files()]
    assert [str(path) for path in paths if vague & {path.stem, *path.parts}] == [given]


def test_no_address_of_this_or_that_machine():
    """What is committed works anywhere: no package index, no mirror, no folder of one developer."""
    addresses = (
        r"(?:https?://)(?:files\.pythonhosted|pypi|registry\.npmjs|registry\.npmmirror|mirrors?\.)[\w./-]*"
    )
    folders = r"(?<![\w.\"'/])/(?:root|work|home/\w+|Users/\w+)/\S*|--(?:extra-)?index-url|--find-links"
    own = Path(__file__).resolve()
    paths = [path for path in tracked() if path != own and path.suffix not in (".png", ".xlsx")]
    assert matches(paths, f"{addresses}|{folders}") == []


@pytest.mark.parametrize(
    "name", ["package-lock.json", *sorted(p.name for p in ROOT.glob("requirements/*.txt"))]
)
def test_locks_hold_hashes_and_no_addresses(name: str):
    path = ROOT / name if name.endswith(".json") else ROOT / "requirements" / name
    assert "://" not in text(path)
    pins, hashes = (
        r"^[\w.\-\[\]]+==" if path.suffix == ".txt" else r'"version":',
        r"--hash=sha256:|\"integrity\":",
    )
    assert 0 < len(re.findall(pins, text(path), re.MULTILINE)) <= len(re.findall(hashes, text(path)))


@pytest.mark.django_db(databases="__all__")
def test_migrations_are_complete():
    out = io.StringIO()
    try:
        call_command("makemigrations", "--check", "--dry-run", stdout=out, stderr=out, no_color=True)
    except SystemExit:
        pytest.fail(f"run `.venv/bin/python -m wutong makemigrations`:\n{out.getvalue()}")


def test_every_sentence_has_its_english():
    assert sorted(messages.problems()) == []


def test_the_catalogue_is_compiled_from_what_stands_here():
    """`make assets` did run: an old .mo shows Chinese where English is written."""
    catalogue = Path(settings.LOCALE_PATHS[0]) / "en/LC_MESSAGES/django.po"
    assert catalogue.with_suffix(".mo").stat().st_mtime >= catalogue.stat().st_mtime
