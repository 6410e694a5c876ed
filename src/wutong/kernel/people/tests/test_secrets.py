import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wutong.kernel.people.secrets import Keyring, SecretError, load_keyring, store_keyring

RING = Keyring.generate()
texts = st.text(st.characters(exclude_categories=["Cs"]))


@given(texts, texts)
def test_what_is_sealed_opens_again(text, context):
    assert RING.open(RING.seal(text, context), context) == text


@given(texts.filter(lambda text: len(text.encode()) > 3), texts)
def test_sealed_bytes_do_not_hold_the_text(text, context):
    assert text.encode() not in RING.seal(text, context)


def test_the_same_text_never_seals_alike():
    assert len({RING.seal("31010420150203123X", "identity") for _ in range(50)}) == 50


@given(st.data())
def test_any_changed_byte_is_refused(data):
    sealed = bytearray(RING.seal("31010420150203123X", "identity"))
    sealed[data.draw(st.integers(0, len(sealed) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(SecretError):
        RING.open(bytes(sealed), "identity")


@given(st.integers(0, 50))
def test_any_shortened_value_is_refused(size):
    sealed = RING.seal("31010420150203123X", "identity")
    with pytest.raises(SecretError):
        RING.open(sealed[: min(size, len(sealed) - 1)], "identity")


def test_wrong_context_is_refused():
    with pytest.raises(SecretError):
        RING.open(RING.seal("13812341234", "person.phone"), "person.identity")


def test_another_ring_opens_nothing():
    with pytest.raises(SecretError):
        Keyring.generate().open(RING.seal("秘密", "note"), "note")


def test_rotation_keeps_old_values_and_digests():
    old = Keyring.generate()
    sealed = old.seal("旧", "note")
    new = old.rotate().rotate()
    assert (new.open(sealed, "note"), new.digest("旧", "note")) == ("旧", old.digest("旧", "note"))
    assert len(new.keys) == 3
    with pytest.raises(SecretError):
        old.open(new.seal("新", "note"), "note")


def test_digest_ignores_width_case_and_spaces_but_not_context():
    digest = RING.digest("31010420150203123X", "identity")
    assert [
        RING.digest(typed, "identity") == digest for typed in ("31010420150203123x", "３1010420150203123X ")
    ] == [True, True]
    assert RING.digest("31010420150203123X", "pupil") != digest
    assert RING.digest("bc", "a") != RING.digest("c", "ab")


def test_ring_survives_its_file_form():
    ring = Keyring.generate().rotate()
    assert Keyring.from_bytes(ring.to_bytes()) == ring


def test_keys_do_not_show_in_logs():
    shown = repr(RING)
    assert [key.hex() in shown or repr(key) in shown for key in (*RING.keys.values(), RING.lookup)] == [
        False,
        False,
    ]


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"null", b"\xff", RING.to_bytes()[:-20], b'{"keys": 3}'])
def test_damaged_key_file_is_refused(data):
    with pytest.raises(SecretError):
        Keyring.from_bytes(data)


def test_first_start_makes_a_private_file_and_later_starts_read_it(tmp_path):
    path = tmp_path / "keys" / "people.keys"
    ring = load_keyring(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert load_keyring(path) == ring
    assert os.listdir(path.parent) == ["people.keys"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o666])
def test_file_that_others_may_read_is_refused_with_the_remedy(tmp_path, mode):
    path = tmp_path / "people.keys"
    load_keyring(path)
    path.chmod(mode)
    with pytest.raises(SecretError) as caught:
        load_keyring(path)
    assert f"chmod 600 {path}" in str(caught.value)


def test_stored_ring_replaces_the_file(tmp_path):
    path = tmp_path / "people.keys"
    rotated = load_keyring(path).rotate()
    store_keyring(path, rotated)
    assert (load_keyring(path), path.stat().st_mode & 0o777) == (rotated, 0o600)


def test_damaged_file_is_never_overwritten(tmp_path):
    path = tmp_path / "people.keys"
    path.write_bytes(b"{")
    path.chmod(0o600)
    with pytest.raises(SecretError):
        load_keyring(path)
    assert path.read_bytes() == b"{"


FIRST_START = """
import sys, time
from pathlib import Path
from wutong.kernel.people.secrets import load_keyring
ready, go, path = map(Path, sys.argv[1:])
ready.touch()
while not go.exists():
    time.sleep(0.001)
sys.stdout.buffer.write(load_keyring(path).to_bytes())
"""


def test_two_first_starts_end_with_the_same_key(tmp_path):
    go, path = tmp_path / "go", tmp_path / "people.keys"
    marks = [tmp_path / "ready1", tmp_path / "ready2"]
    command = [sys.executable, "-c", FIRST_START]
    starts = [subprocess.Popen([*command, mark, go, path], stdout=subprocess.PIPE) for mark in marks]
    wait_until_all_exist(marks, starts)
    go.touch()
    rings = [start.communicate(timeout=60)[0] for start in starts]
    assert rings == [path.read_bytes()] * 2


def wait_until_all_exist(marks: list[Path], starts: list[subprocess.Popen]) -> None:
    while not all(mark.exists() for mark in marks):
        assert [start.poll() for start in starts if start.poll()] == []


def test_many_at_once_are_sealed_and_found_as_one_by_one():
    ring = Keyring.generate()
    texts = ["310104201503080020", "G31010420150308002X", "31040001"]
    assert [ring.open(sealed, "identity") for sealed in ring.seal_all(texts, "identity")] == texts
    assert ring.digest_all(texts, "identity") == [ring.digest(text, "identity") for text in texts]
