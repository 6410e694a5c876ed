"""The verifier as people run it: one file copied anywhere, without this product, and the page in a real browser."""

import hashlib
import json
import subprocess
import sys
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from wutong.platforms.governance.admission.api import VERIFIER_FILES, digest, freeze, verifier_file
from wutong.platforms.governance.admission.tests.runs import DRAWS, SM3, a_publication
from wutong.platforms.governance.admission.tests.tampering import TAMPERED, forged
from wutong.platforms.governance.admission.verifier import verify

ANNOUNCED = {name[:-4]: value for name, value in freeze(DRAWS).digests().items()}


def verdict(files: dict[str, bytes], announced: dict[str, str] | None = None) -> tuple[str, str]:
    try:
        verify.check(files, announced)
    except verify.Wrong as wrong:
        return wrong.code, wrong.facts.get("file", "")
    return "right", ""


def written(folder: Path, files: dict[str, bytes]) -> Path:
    folder.mkdir()
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return folder


def run_alone(tmp_path: Path, files: dict[str, bytes], *options: str) -> subprocess.CompletedProcess[str]:
    """Isolated, without site-packages: whatever is not in the standard library is not there."""
    script = tmp_path / "elsewhere.py"
    script.write_bytes(verifier_file("verify.py"))
    command = [sys.executable, "-I", "-S", "-X", "utf8", str(script), str(written(tmp_path / "files", files)), *options]  # fmt: skip
    return subprocess.run(command, capture_output=True, encoding="utf-8", check=False, cwd=tmp_path)


def test_a_publication_is_right_and_one_application_is_found(tmp_path: Path):
    files = a_publication()
    noted = [f"--{name}={value}" for name, value in ANNOUNCED.items()]
    done = run_alone(tmp_path, files, "--find", "20260007", *noted)
    assert (done.returncode, done.stderr) == (0, "")
    own = [line for line in files["order.csv"].decode().splitlines() if ",20260007," in line]
    said = [line.split() for line in done.stdout.splitlines() if "20260007" in line]
    assert [[school, rank, number, ticket, result] for number, school, rank, ticket, result in said] == [
        line.split(",") for line in own
    ]
    assert all(value in done.stdout for value in ANNOUNCED.values())


def test_what_is_wrong_is_said_in_one_sentence(tmp_path: Path):
    files = TAMPERED["somebody made to win"][0](a_publication())
    done = run_alone(tmp_path, files)
    assert (done.returncode, done.stdout) == (1, "")
    assert len(done.stderr.splitlines()) == 1
    assert "order.csv" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_folder_that_is_not_there_is_wrong_usage(tmp_path: Path):
    (tmp_path / "files").mkdir()
    script = tmp_path / "verify.py"
    script.write_bytes(verifier_file("verify.py"))
    done = subprocess.run([sys.executable, script, tmp_path / "none"], capture_output=True, check=False)
    assert done.returncode == 2


@pytest.mark.parametrize(("change", "code", "file"), TAMPERED.values(), ids=TAMPERED.keys())
def test_each_fault_is_told_apart(change, code, file):
    assert verdict(change(a_publication())) == (code, file)


def test_a_whole_forgery_is_told_by_what_was_announced():
    files = forged(a_publication())
    assert verdict(files) == ("right", "")
    assert verdict(files, {"plan": ANNOUNCED["plan"]}) == ("right", "")
    assert verdict(files, ANNOUNCED) == ("announced", "")


@pytest.mark.parametrize("length", [*range(0, 130), 1000])
def test_sm3_of_the_file_alone_equals_that_of_the_library(length):
    data = bytes(number % 251 for number in range(length))
    assert verify.sm3(data) == digest(data, "sm3")


def test_a_draw_under_sm3(monkeypatch):
    files = a_publication(SM3)
    assert verdict(files) == ("right", "")
    monkeypatch.setattr(hashlib, "algorithms_available", {"sha256"})
    assert verdict(files) == ("right", "")


def test_only_the_verifier_is_handed_out():
    assert all(verifier_file(name) for name in VERIFIER_FILES)
    with pytest.raises(KeyError):
        verifier_file("../api.py")


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def page(chromium, tmp_path: Path):
    """verify.html as an office would hand it out, under the house's rule that pages hold no code."""
    for name in VERIFIER_FILES:
        (tmp_path / name).write_bytes(verifier_file(name))
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        context = chromium.new_context(viewport={"width": 390, "height": 844})
        opened = context.new_page()
        opened.goto(f"http://127.0.0.1:{server.server_port}/verify.html")
        yield opened
        context.close()
        server.shutdown()
        thread.join()


CODE = """async (files) => {
  const { check } = await import("./verify.js");
  const bytes = Object.entries(files).map(([name, text]) => [name, Uint8Array.from(atob(text), c => c.charCodeAt(0))]);
  try { await check(new Map(bytes)); return ["right", ""]; }
  catch (error) { return [error.code ?? String(error), error.facts?.file ?? ""]; }
}"""


def test_the_page_says_what_the_file_says(page):
    from base64 import b64encode  # noqa: PLC0415  only to carry bytes into the page

    def said(files):
        return tuple(page.evaluate(CODE, {name: b64encode(data).decode() for name, data in files.items()}))

    assert said(a_publication()) == ("right", "")
    assert said(a_publication(SM3)) == ("right", "")
    found = {what: said(change(a_publication())) for what, (change, _code, _file) in TAMPERED.items()}
    assert found == {what: (code, file) for what, (_change, code, file) in TAMPERED.items()}


def test_a_parent_checks_on_a_phone(page, tmp_path: Path):
    folder = written(tmp_path / "published", a_publication())
    page.set_input_files("input[type=file]", sorted(folder.iterdir()))
    page.fill("[name=find]", "20260007")
    page.click("button")
    page.wait_for_selector("[data-verdict=right]")
    text = page.inner_text("[data-verdict]")
    assert text.startswith("✓ 核对无误")
    assert ANNOUNCED["applicants"] in text
    order = (folder / "order.csv").read_text("utf-8").splitlines()
    own = [line.split(",") for line in order if ",20260007," in line]
    assert [line for line in text.split("\n") if "第" in line and "位" in line] == [
        f"{school}：第 {rank} 位，{'录取' if result == 'admitted' else '候补'}. 签号 {ticket}"
        for school, rank, _number, ticket, result in own
    ]
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.click("summary")
    page.fill("[name=applicants]", "0" * 64)
    page.click("button")
    page.wait_for_selector("[data-verdict=wrong] >> text=applicants 与您记下的公告值不符")
    (folder / "order.csv").write_bytes(TAMPERED["order cut in a line"][0](a_publication())["order.csv"])
    page.set_input_files("input[type=file]", sorted(folder.iterdir()))
    page.fill("[name=applicants]", ANNOUNCED["applicants"].upper())
    page.click("button")
    page.wait_for_selector("[data-verdict=wrong] >> text=order.csv 不完整")


def test_the_page_holds_no_code():
    html = verifier_file("verify.html").decode()
    assert "<style" not in html
    assert " style=" not in html
    assert html.count("<script") == html.count('<script type="module" src="verify.js">') == 1


def test_the_record_names_the_rule_it_follows():
    record = json.loads(a_publication()["record.json"])
    assert (record["format"], record["kind"], record["digest"]) == ("wutong-lottery-1", "final", "sha256")
