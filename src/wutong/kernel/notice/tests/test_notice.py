from datetime import date

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone

from wutong.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from wutong.kernel.event.delivery import deliver_waiting
from wutong.kernel.jobs.models import JobRun
from wutong.kernel.module import REGISTRY, Module, Receiver
from wutong.kernel.notice.actions import (
    acknowledge,
    fan_out,
    mark_read,
    on_published,
    publish_notice,
    send,
    withdraw,
)
from wutong.kernel.notice.audience import people_of
from wutong.kernel.notice.events import NoticePublished
from wutong.kernel.notice.models import Delivery, Notice
from wutong.kernel.notice.queries import audiences, mine, readers, unread_count
from wutong.kernel.people.actions import set_guardianship
from wutong.kernel.people.models import Person
from wutong.kernel.people.queries import actor_of
from wutong.kernel.policy import ANONYMOUS, SYSTEM
from wutong.kernel.search.tests.places import alone, build, person

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def places():
    return build()


@pytest.fixture
def clerk(places):
    return places.actor("gaoan", "clerk")


@pytest.fixture
def pupil(places):
    return places.actor("first", "pupil", "李同学")


def publish(actor, audience, **values):
    given = {"title": "停课", "body": "明天停课一天。", "roles": ["pupil"]} | values
    notice = publish_notice(actor, audience, **given)
    fan_out(notice.pk)
    return notice


def own(notice, actor):
    return (
        Delivery.objects.visible_to(actor)
        .select_related("notice")
        .get(notice=notice, person_id=actor.person_id)
    )


def test_a_notice_reaches_its_audience_and_nobody_else(places, clerk, pupil):
    island = places.actor("island", "pupil", "岛同学")
    teacher = places.actor("first", "teacher", "张老师")
    notice = publish(clerk, places.gaoan)
    assert [unread_count(each) for each in (pupil, island, teacher, ANONYMOUS)] == [1, 0, 0, 0]
    assert Notice.objects.visible_to(island).count() == 0
    with pytest.raises(NotFound):
        Notice.objects.seen(places.actor("xiangyang", "clerk"), pk=notice.pk)


def test_guardians_are_reached_once_however_many_children_they_have(places):
    mother = Person._base_manager.create(name="母亲")
    for name in ("老大", "老二"):
        set_guardianship(SYSTEM, person(name, places.first, "pupil"), guardian=mother, relation="52")
    today = date(2026, 11, 23)
    assert list(people_of(places.gaoan, ["guardian"], today)) == [mother]
    assert list(people_of(places.island, ["guardian"], today)) == []


@pytest.mark.parametrize(
    ("where", "role"), [("xiangyang", "clerk"), ("first", "pupil"), ("gaoan", "teacher")]
)
def test_only_those_over_the_audience_publish_to_it(places, where, role):
    with pytest.raises(NotAllowed):
        publish(places.actor(where, role), places.gaoan)


def test_a_clerk_does_not_publish_above_the_school(places, clerk):
    with pytest.raises(NotAllowed):
        publish(clerk, places.xuhui)
    names = list(audiences(clerk, date(2026, 11, 23)).values_list("name", flat=True))
    assert names == ["高安路第一小学", "一年级1班", "一年级2班"]


def test_a_notice_without_title_or_with_an_unknown_role_is_refused(places, clerk):
    with pytest.raises(Invalid) as raised:
        publish(clerk, places.gaoan, title=" ", roles=["king"])
    assert set(raised.value.fields) == {"title", "roles"}


def test_delivery_repeated_after_a_kill_adds_nobody_twice(places, clerk, pupil):
    notice = publish(clerk, places.gaoan)
    mark_read(pupil, own(notice, pupil))
    fan_out(notice.pk)
    assert Delivery.objects.unscoped("test").count() == 1
    assert unread_count(pupil) == 0


def test_publishing_asks_for_the_delivery_once(places, clerk, monkeypatch):
    receiver = Receiver(NoticePublished, on_published)
    monkeypatch.setattr(REGISTRY, "_modules", alone(Module("n", "n", "n", receivers=(receiver,))))
    notice = publish_notice(clerk, places.gaoan, title="a", body="b", roles=["pupil"])
    deliver_waiting()
    on_published(NoticePublished(notice.pk), event_id=1)
    assert [run.payload for run in JobRun.objects.all()] == [{"notice": notice.pk}]


def test_a_message_of_the_system_is_sent_once_for_its_key(pupil, clerk):
    for _again in range(3):
        send([pupil.person_id], title="已受理", key="case:1:accepted", href="/inbox/1/")
    send([pupil.person_id, clerk.person_id], title="已受理", key="case:1:accepted")
    assert (unread_count(pupil), unread_count(clerk)) == (1, 1)
    assert Notice.objects.unscoped("test").count() == 1


def test_nobody_reads_or_acknowledges_for_another(places, clerk, pupil):
    notice = publish(clerk, places.gaoan, needs_receipt=True)
    delivery = own(notice, pupil)
    with pytest.raises(NotAllowed):
        mark_read(clerk, delivery)
    with pytest.raises(NotAllowed):
        acknowledge(clerk, delivery)
    acknowledge(pupil, delivery)
    first = delivery.receipt_at
    acknowledge(pupil, delivery)
    assert own(notice, pupil).receipt_at == first
    counts = readers(notice)
    assert (counts.sent, counts.read, counts.receipts) == (1, 1, 1)


def test_what_is_withdrawn_is_gone_from_the_box_and_needs_no_receipt(places, clerk, pupil):
    notice = publish(clerk, places.gaoan, needs_receipt=True)
    with pytest.raises(NotAllowed):
        withdraw(places.actor("xiangyang", "clerk"), notice)
    withdraw(clerk, notice)
    assert (unread_count(pupil), list(mine(pupil))) == (0, [])
    with pytest.raises(Conflict):
        acknowledge(pupil, own(notice, pupil))


def test_unread_come_first(places, clerk, pupil):
    old, new = publish(clerk, places.gaoan, title="旧"), publish(clerk, places.gaoan, title="新")
    mark_read(pupil, own(new, pupil), at=timezone.now())
    assert [row.notice_id for row in mine(pupil)] == [old.pk, new.pk]


def signed_in(client, actor):
    client.force_login(get_user_model().objects.create_user(f"u{actor.person_id}", person_id=actor.person_id))
    return client


def test_pages_show_escape_and_mark_as_read_by_post_only(places, clerk, pupil, client):
    notice = publish(clerk, places.gaoan, title="<i>停课", body="<script>x</script>\n\nhttps://edu.cn")
    signed_in(client, pupil)
    page = client.get(f"/notices/{notice.pk}/")
    assert page.status_code == 200
    assert "<script>x" not in page.content.decode()
    assert "<i>停课" not in client.get("/notices/").content.decode()
    assert unread_count(pupil) == 1
    assert client.get(f"/notices/{notice.pk}/read/").status_code == 405
    assert client.post(f"/notices/{notice.pk}/read/").status_code == 302
    assert unread_count(pupil) == 0
    assert client.get(f"/notices/{notice.pk}/readers/").status_code == 403
    assert client.get("/notices/new/").status_code == 403


def test_a_clerk_sees_how_many_it_would_reach_before_it_is_published(places, clerk, pupil, client):
    signed_in(client, clerk)
    assert client.get("/notices/new/").status_code == 200
    form = {
        "title": "停课",
        "body": "明天",
        "kind": "notice",
        "audience": places.gaoan.pk,
        "roles": ["pupil"],
    }
    assert "共 1 人" in client.post("/notices/new/", form).content.decode()
    assert Notice.objects.unscoped("test").count() == 0
    assert client.post("/notices/new/", form | {"audience": places.xuhui.pk}).status_code == 422
    assert client.post("/notices/new/", form | {"step": "publish"}).status_code == 302
    notice = Notice.objects.unscoped("test").get()
    assert client.get(f"/notices/{notice.pk}/readers/").status_code == 200
    assert client.get("/notices/?box=sent").status_code == 200


def test_roles_that_have_ended_reach_nobody(places, clerk):
    child = person("毕业生", places.first, "pupil")
    child.memberships.unscoped("test").update(valid_to=date(2021, 1, 1))
    publish(clerk, places.gaoan)
    assert unread_count(actor_of(child)) == 0
