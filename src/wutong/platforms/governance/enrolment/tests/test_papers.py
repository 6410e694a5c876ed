"""Photographs of papers, from a telephone to the counter."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from wutong.kernel.audit.models import AuditEntry
from wutong.kernel.files.models import StoredFile
from wutong.kernel.testing.factories import Town
from wutong.platforms.governance.enrolment.actions import verification
from wutong.platforms.governance.enrolment.models import Document
from wutong.platforms.governance.enrolment.tests import scene
from wutong.platforms.governance.enrolment.tests.test_family_pages import signed_in, text

pytestmark = pytest.mark.django_db(databases="__all__")
WHY = "test"
PNG = b"\x89PNG\r\n\x1a\n" + b"a page of the household register" * 10
LOOKS = {"action": "files.download"}


def photo(content: bytes = PNG, name: str = "IMG_0001.png") -> dict[str, SimpleUploadedFile]:
    return {"photo": SimpleUploadedFile(name, content)}


def handed_in() -> list[tuple[str, bytes]]:
    rows = StoredFile.objects.unscoped(WHY).order_by("pk")
    found = []
    for row in rows:
        with row.open() as file:
            found.append((row.purpose, file.read()))
    return found


@pytest.fixture
def called(small_town: Town):
    """A family called to the counter, because no source knows its papers."""
    here = scene.opened(small_town)
    family = scene.family(1, papers=False)
    row = scene.applied(here, family)
    verification.check_all(here.officer, here.window, at=scene.PLACING)
    return here, family, scene.fresh(row)


def test_a_paper_goes_from_the_telephone_to_the_counter(called, client: Client, small_town: Town):
    here, family, row = called
    base = f"/enrolment/a/{row.number}/"
    page = signed_in(client, family).get(base)
    assert f"{base}paper/household/" in page.content.decode()
    response = client.post(f"{base}paper/household/", photo(), follow=True)
    assert response.redirect_chain == [(base, 302)]
    assert "已收到“户口簿”的照片。" in text(response)
    own = client.get(f"{base}paper/household/picture")
    assert (own["Content-Type"], own["Content-Disposition"], own.getvalue()) == ("image/png", "inline", PNG)

    office = Client()
    office.force_login(small_town.account("officer"))
    assert "看家长交的照片" in text(office.get(f"/enrolment/desk/{row.number}/document/household/"))
    assert not AuditEntry.objects.unscoped(WHY).filter(**LOOKS).exists()
    look = office.post(f"/enrolment/desk/{row.number}/document/household/look")
    assert (look.status_code, look.getvalue()) == (200, PNG)
    entry = AuditEntry.objects.unscoped(WHY).get(**LOOKS)
    assert (entry.actor_name, entry.changes["purpose"]) == (here.officer.name, f"enrolment:{row.number}")


def test_a_paper_is_replaced_and_taken_back(called, client: Client):
    _here, family, row = called
    page = f"/enrolment/a/{row.number}/paper/household/"
    signed_in(client, family)
    client.post(page, photo())
    client.post(page, photo(PNG + b"sharper"))
    assert handed_in() == [(f"enrolment:{row.number}", PNG + b"sharper")]
    client.post(page, {"remove": "1"})
    assert handed_in() == []
    assert client.get(f"{page}picture").status_code == 404


@pytest.mark.parametrize(
    ("content", "name", "sentence"),
    [
        (b"<html><script>alert(1)</script>", "a.png", "文件内容与扩展名 .png 不符"),
        (b"a,b\n", "a.csv", "请上传照片（JPG、PNG、WebP）或 PDF。"),
        (PNG + b"\0" * 10 * 2**20, "large.png", "文件超过 10 MB"),
        (b"", "a.png", "文件是空的"),
        (b"MZ", "a.exe", "不接受这种文件"),
    ],
)
def test_what_is_no_picture_is_refused_in_one_sentence(called, client: Client, content, name, sentence):
    _here, family, row = called
    response = signed_in(client, family).post(
        f"/enrolment/a/{row.number}/paper/household/", photo(content, name)
    )
    assert response.status_code == 422
    assert sentence in text(response)
    assert handed_in() == []


def test_once_decided_no_paper_is_taken_any_more(called, client: Client):
    here, family, row = called
    verification.fail(here.officer, row, reason="与原件不符", at=scene.PLACING)
    response = signed_in(client, family).post(f"/enrolment/a/{row.number}/paper/household/", photo())
    assert (response.status_code, "现在不需要提交这份材料。" in text(response)) == (422, True)
    assert handed_in() == []


@pytest.mark.parametrize("who", ["guardian", "clerk", "other_officer", "teacher", "auditor"])
def test_nobody_else_sees_it(called, client: Client, small_town: Town, who: str):
    _here, family, row = called
    signed_in(client, family).post(f"/enrolment/a/{row.number}/paper/household/", photo())
    stranger = Client()
    stranger.force_login(small_town.account(who))
    assert [
        stranger.get(f"/enrolment/a/{row.number}/paper/household/picture").status_code,
        stranger.post(f"/enrolment/desk/{row.number}/document/household/look").status_code,
        stranger.post(f"/enrolment/a/{row.number}/paper/household/", photo(PNG + b"forged")).status_code,
    ] == [404, 404, 404]
    assert Document.objects.unscoped(WHY).filter(file_id__isnull=False).count() == 1
