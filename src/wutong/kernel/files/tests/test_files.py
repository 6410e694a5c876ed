import io
import os
import time
import zipfile
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from wutong.kernel.audit.models import AuditEntry
from wutong.kernel.errors import Invalid, NotAllowed
from wutong.kernel.files.actions import store, sweep
from wutong.kernel.files.kinds import content_type
from wutong.kernel.files.models import StoredFile
from wutong.kernel.policy import ANONYMOUS
from wutong.kernel.search.tests.places import build

pytestmark = pytest.mark.django_db(databases="__all__")
PDF = b"%PDF-1.7\n%content"


@pytest.fixture
def places():
    return build()


def uploaded(name, content):
    return SimpleUploadedFile(name, content)


def archive(*names):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as file:
        for name in names:
            file.writestr(name, "x")
    return made.getvalue()


HOSTILE = [
    ("a.svg", b"<svg onload=alert(1)>"),
    ("a.html", b"<html>"),
    ("a.exe", b"MZ\x90\x00"),
    ("a.pdf", b"MZ\x90\x00"),
    ("a.png", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
    ("a.txt", b"  <!DOCTYPE html><script>alert(1)</script>"),
    ("a.csv", b"name\n<script>alert(1)</script>"),
    ("a.txt", b"#!/bin/sh\nrm -rf /"),
    ("a.csv", b"\x00\x01\x02"),
    ("a.xlsx", archive("word/document.xml")),
    ("a.xlsx", archive("xl/workbook.xml", "xl/vbaProject.bin")),
    ("a.xlsx", b"PK\x03\x04 broken"),
    ("a.zip", archive("xl/workbook.xml")),
    ("a.jpg.html", b"\xff\xd8\xff"),
    ("pdf", PDF),
    ("a.csv", "校".encode("utf-16")),
]


@pytest.mark.parametrize(("name", "content"), HOSTILE)
def test_content_that_is_not_what_the_name_says_is_refused(name, content):
    with pytest.raises(Invalid):
        content_type(name, io.BytesIO(content))


GOOD = [
    ("a.pdf", PDF),
    ("a.PNG", b"\x89PNG\r\n\x1a\n...."),
    ("a.jpeg", b"\xff\xd8\xff\xe0"),
    ("a.webp", b"RIFF\x00\x00\x00\x00WEBP"),
    ("a.xlsx", archive("xl/workbook.xml")),
    ("a.docx", archive("word/document.xml")),
    ("a.zip", archive("readme.txt")),
    ("a.csv", "姓名,性别\n张三,男".encode("gb18030")),
    ("a.txt", ("校" * 30_000).encode()),
]


@pytest.mark.parametrize(("name", "content"), GOOD)
def test_known_kinds_are_taken(name, content):
    assert "/" in content_type(name, io.BytesIO(content))


@given(st.binary(max_size=300), st.text(max_size=20))
def test_whatever_is_handed_over_is_either_known_or_refused_with_a_sentence(content, name):
    try:
        assert content_type(name, io.BytesIO(content))
    except Invalid as error:
        assert str(error)


def test_stored_content_is_read_back_and_kept_once(places):
    clerk = places.actor("gaoan", "clerk")
    one = store(clerk, places.gaoan, uploaded=uploaded("../../证明.pdf", PDF), purpose="case")
    two = store(clerk, places.gaoan, uploaded=uploaded("b.pdf", PDF), purpose="case")
    assert (one.name, one.stored_name) == ("证明.pdf", two.stored_name)
    with one.open() as content:
        assert content.read() == PDF
    assert AuditEntry.objects.unscoped("test").filter(action="files.store").count() == 2


def test_a_partial_blob_of_a_killed_writer_is_written_again(places):
    clerk = places.actor("gaoan", "clerk")
    file = store(clerk, places.gaoan, uploaded=uploaded("a.pdf", PDF), purpose="case")
    with open(default_storage.path(file.stored_name), "wb") as handle:
        handle.write(PDF[:5])
    store(clerk, places.gaoan, uploaded=uploaded("a.pdf", PDF), purpose="case")
    with file.open() as content:
        assert content.read() == PDF


def test_too_large_empty_and_anonymous_are_refused(places):
    clerk = places.actor("gaoan", "clerk")
    with pytest.raises(Invalid):
        store(clerk, places.gaoan, uploaded=uploaded("a.pdf", PDF), purpose="case", largest=5)
    with pytest.raises(Invalid):
        store(clerk, places.gaoan, uploaded=uploaded("a.txt", b""), purpose="case")
    with pytest.raises(NotAllowed):
        store(ANONYMOUS, places.gaoan, uploaded=uploaded("a.pdf", PDF), purpose="case")


def test_strangers_do_not_see_a_file_and_its_owner_does(places):
    parent = places.actor("first", "pupil")
    file = store(parent, places.gaoan, uploaded=uploaded("a.pdf", PDF), purpose="case")
    seen = {
        where: list(StoredFile.objects.visible_to(places.actor(where, "clerk")))
        for where in ("gaoan", "xuhui", "xiangyang", "island")
    }
    assert seen == {"gaoan": [file], "xuhui": [file], "xiangyang": [], "island": []}
    assert list(StoredFile.objects.visible_to(parent)) == [file]
    assert list(StoredFile.objects.visible_to(ANONYMOUS)) == []


def test_only_old_content_without_a_record_is_swept(places):
    kept = store(
        places.actor("gaoan", "clerk"), places.gaoan, uploaded=uploaded("a.pdf", PDF), purpose="case"
    )
    gone = store(
        places.actor("gaoan", "clerk"), places.gaoan, uploaded=uploaded("b.txt", b"orphan"), purpose="case"
    )
    path = default_storage.path(gone.stored_name)
    gone.delete()
    old = time.time() - 2 * 86_400
    os.utime(default_storage.path(kept.stored_name), (old, old))
    sweep()
    assert os.path.exists(path)
    sweep(at=timezone.now() + timedelta(days=2))
    assert (os.path.exists(path), default_storage.exists(kept.stored_name)) == (False, True)


def test_download_is_an_attachment_and_sensitive_ones_are_journalled(places, client):
    actor = places.actor("gaoan", "clerk")
    client.force_login(get_user_model().objects.create_user("chen", person_id=actor.person_id))
    plain = store(actor, places.gaoan, uploaded=uploaded("证明.pdf", PDF), purpose="case")
    secret = store(actor, places.gaoan, uploaded=uploaded("x.pdf", PDF), purpose="case", sensitive=True)
    foreign = store(
        places.actor("island", "clerk"), places.island, uploaded=uploaded("x.pdf", PDF), purpose="case"
    )
    response = client.get(f"/files/{plain.pk}/")
    assert response.getvalue() == PDF
    assert response["Content-Disposition"].startswith("attachment")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert not client.get(f"/files/{secret.pk}/").streaming
    assert client.post(f"/files/{secret.pk}/").getvalue() == PDF
    assert AuditEntry.objects.unscoped("test").filter(action="files.download").count() == 1
    assert client.get(f"/files/{foreign.pk}/").status_code == 404
