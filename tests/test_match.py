"""`wutong match` as other software calls it: files in, a file out or one sentence."""

import hashlib
import json
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from wutong.config import cli
from wutong.config.cli import main
from wutong.platforms.governance.admission.api import (
    MATCH_METHODS,
    METHODS,
    AdmissionError,
    Market,
    match_files,
)

MARKET = {
    "students": {"丁": ["乙校", "甲校"], "丙": ["甲校"], "a": ["甲校", "乙校"]},
    "schools": {"乙校": ["a", "丁"], "甲校": ["丁", "a", "丙"]},
    "seats": {"甲校": 1, "乙校": 1},
}
LOTTERY = {
    "city_seed": "城",
    "public_seed": "公",
    "school": "梧桐小学",
    "applications": ["3", "1", "2", "4"],
    "seats": 2,
}


def run(method: str, given: object, folder: Path) -> int:
    raw = given if isinstance(given, bytes) else json.dumps(given, ensure_ascii=False).encode()
    (folder / "in.json").write_bytes(raw)
    return main(["match", "--method", method, str(folder / "in.json"), str(folder / "out.json")])


@pytest.mark.parametrize("method", METHODS)
def test_a_market_from_file_to_file(method, tmp_path: Path):
    assert run(method, MARKET, tmp_path) == 0
    found = json.loads((tmp_path / "out.json").read_text("utf-8"))
    assert found == METHODS[method](Market(**MARKET))
    assert list(found) == ["a", "丁", "丙"]
    turned = {name: dict(reversed(lists.items())) for name, lists in reversed(MARKET.items())}
    before = (tmp_path / "out.json").read_bytes()
    assert run(method, turned, tmp_path) == 0
    assert (tmp_path / "out.json").read_bytes() == before


def test_a_lottery_from_file_to_file(tmp_path: Path):
    assert run("lottery", LOTTERY, tmp_path) == 0
    before = (tmp_path / "out.json").read_bytes()
    found = json.loads(before)

    def digest(text):
        return hashlib.sha256(text.encode()).hexdigest()

    tickets = {number: digest(f"{digest('城公')}|梧桐小学|{number}") for number in "1234"}
    order = sorted("1234", key=tickets.__getitem__)
    assert found == {
        "admitted": order[:2],
        "commit": digest("城"),
        "order": order,
        "seed": digest("城公"),
        "tickets": tickets,
    }
    assert run("lottery", {**LOTTERY, "applications": ["1", "2", "3", "4"]}, tmp_path) == 0
    assert (tmp_path / "out.json").read_bytes() == before


def test_a_lottery_with_bound_groups_and_sm3(tmp_path: Path):
    given = {
        **LOTTERY,
        "seats": 1,
        "groups": [["4", "1"], ["2", "3"]],
        "group_policy": "over_plan",
        "digest": "sm3",
    }
    assert run("lottery", given, tmp_path) == 0
    found = json.loads((tmp_path / "out.json").read_text("utf-8"))
    assert found["digest"] == "sm3"
    assert sorted(found["admitted"]) in (["1", "4"], ["2", "3"])
    assert found["tickets"]["1"] == found["tickets"]["4"] != found["tickets"]["2"]


def test_it_needs_neither_django_nor_a_data_folder(tmp_path: Path):
    (tmp_path / "in.json").write_text(json.dumps(MARKET))
    program = """
import sys
from wutong.config.cli import main
code = main(sys.argv[1:])
print(code, sorted(name for name in sys.modules if name.partition(".")[0] in ("django", "cryptography")))
"""
    command = ["--data", "never", "match", "--method", "top-trading-cycles", "in.json", "out.json"]
    done = subprocess.run([sys.executable, "-c", program, *command], capture_output=True, text=True, cwd=tmp_path, check=True)  # fmt: skip
    assert done.stdout == "0 []\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.json", "out.json"]


def test_the_result_can_be_read_by_others_and_replaces_an_old_one(tmp_path: Path):
    (tmp_path / "out.json").write_text("old")
    assert run("lottery", LOTTERY, tmp_path) == 0
    assert stat.S_IMODE((tmp_path / "out.json").stat().st_mode) == 0o644
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.json", "out.json"]


def without(given: dict, name: str) -> dict:
    return {key: value for key, value in given.items() if key != name}


BAD: dict[str, tuple[str, object]] = {
    "nothing": ("serial-dictatorship", b""),
    "no JSON": ("serial-dictatorship", b'{"students": '),
    "half a number": ("serial-dictatorship", b'{"students": {}, "schools": {}, "seats": {"x": 1e'),
    "more than one object": ("serial-dictatorship", b"{} {}"),
    "a list": ("serial-dictatorship", []),
    "no UTF-8": ("serial-dictatorship", '{"甲": 1}'.encode("gb18030")),
    "very deep": ("serial-dictatorship", b'{"students": ' + b"[" * 200_000),
    "a comma too many": ("serial-dictatorship", b'{"students": {},}'),
    "no students": ("deferred-acceptance", without(MARKET, "students")),
    "no seats": ("deferred-acceptance", without(MARKET, "seats")),
    "students as a list": ("deferred-acceptance", {**MARKET, "students": ["a"]}),
    "a list of numbers": ("deferred-acceptance", {**MARKET, "students": {"a": [1]}}),
    "a list of lists": ("deferred-acceptance", {**MARKET, "students": {"a": [["甲校"]]}}),
    "a wish that is no list": ("deferred-acceptance", {**MARKET, "students": {"a": "甲校"}}),
    "a wish twice": ("deferred-acceptance", {**MARKET, "students": {"a": ["甲校", "甲校"]}}),
    "a student twice": ("deferred-acceptance", b'{"students": {"a": [], "a": []}, "schools": {}, "seats": {}}'),
    "negative seats": ("deferred-acceptance", {**MARKET, "seats": {"甲校": -1, "乙校": 1}}),
    "half a seat": ("deferred-acceptance", {**MARKET, "seats": {"甲校": 0.5, "乙校": 1}}),
    "a true seat": ("deferred-acceptance", {**MARKET, "seats": {"甲校": True, "乙校": 1}}),
    "a school without seats": ("deferred-acceptance", {**MARKET, "seats": {"甲校": 1}}),
    "an order without everybody": ("serial-dictatorship", {**MARKET, "order": ["a"]}),
    "half a character": ("deferred-acceptance", b'{"students": {"\\ud800": []}, "schools": {}, "seats": {}}'),
    "no seed": ("lottery", without(LOTTERY, "city_seed")),
    "an empty seed": ("lottery", {**LOTTERY, "public_seed": ""}),
    "a seed that is a number": ("lottery", {**LOTTERY, "public_seed": 7}),
    "half a character in a seed": ("lottery", b'{"city_seed": "\\ud800", "public_seed": "x", "school": "x", "applications": [], "seats": 1}'),
    "an application twice": ("lottery", {**LOTTERY, "applications": ["1", "1"]}),
    "applications as numbers": ("lottery", {**LOTTERY, "applications": [1, 2]}),
    "seats as text": ("lottery", {**LOTTERY, "seats": "2"}),
    "a group of strangers": ("lottery", {**LOTTERY, "groups": [["1", "9"]]}),
    "in two groups": ("lottery", {**LOTTERY, "groups": [["1", "2"], ["2", "3"]]}),
    "groups as text": ("lottery", {**LOTTERY, "groups": "12"}),
    "a policy nobody knows": ("lottery", {**LOTTERY, "group_policy": "lucky"}),
    "a policy that is a list": ("lottery", {**LOTTERY, "group_policy": ["split"]}),
    "a digest nobody knows": ("lottery", {**LOTTERY, "digest": "md5"}),
}  # fmt: skip


@pytest.mark.parametrize(("method", "given"), BAD.values(), ids=BAD.keys())
def test_what_cannot_be_matched_is_said_in_one_sentence(method, given, tmp_path: Path, capsys):
    assert run(method, given, tmp_path) == 1
    said = capsys.readouterr()
    assert (said.out, len(said.err.splitlines())) == ("", 1)
    assert said.err.startswith("wutong: ")
    assert [path.name for path in tmp_path.iterdir()] == ["in.json"]


def test_an_old_result_stays_when_the_new_one_cannot_be_made(tmp_path: Path):
    (tmp_path / "out.json").write_text("old")
    assert run("lottery", {**LOTTERY, "seats": -1}, tmp_path) == 1
    assert (tmp_path / "out.json").read_text() == "old"


def test_files_that_are_not_there(tmp_path: Path):
    (tmp_path / "in.json").write_text(json.dumps(LOTTERY))
    for source, target in (
        (tmp_path / "none", tmp_path / "out.json"),
        (tmp_path / "in.json", tmp_path / "no/out"),
    ):
        with pytest.raises(AdmissionError) as refused:
            match_files("lottery", source, target)
        assert refused.value.code == "file"


def test_the_command_offers_what_there_is():
    assert cli.MATCH_METHODS == MATCH_METHODS


def test_an_unknown_method_is_wrong_usage(tmp_path: Path, capsys):
    with pytest.raises(SystemExit) as left:
        main(["match", "--method", "luck", "in.json", "out.json"])
    assert left.value.code == 2
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("method", "given", "note"),
    [
        ("deferred-acceptance", {**MARKET, "students": {"a": ["丙校"]}}, "1 school id"),
        ("lottery", {**LOTTERY, "group_polcy": "split"}, "group_polcy"),
    ],
)
def test_what_counts_for_nothing_is_noted(method, given, note, tmp_path: Path, capsys):
    assert run(method, given, tmp_path) == 0
    assert note in capsys.readouterr().err
