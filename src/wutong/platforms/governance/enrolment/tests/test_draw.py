"""A lottery that anybody can check, rehearse and not undo."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.test import Client

from wutong.kernel.errors import Conflict
from wutong.kernel.people.queries import actor_of
from wutong.kernel.testing.factories import Town
from wutong.platforms.governance.admission.api import verifier_file
from wutong.platforms.governance.enrolment import lists
from wutong.platforms.governance.enrolment.actions import choosing, draw, placement, verification
from wutong.platforms.governance.enrolment.models import Application, Draw, DrawEntry, Plan, Seat
from wutong.platforms.governance.enrolment.tests import scene

pytestmark = pytest.mark.django_db(databases="__all__")
WHY = "test"


def crowd(here: scene.Scene, number: int, **wish: object) -> list[Application]:
    return [scene.applied(here, scene.family(n), "private", **wish) for n in range(1, number + 1)]


def drawn(here: scene.Scene, **options: object) -> Draw:
    held = draw.freeze(here.officer, here.window, round="first", at=scene.DRAWING, **options)
    return draw.draw_lots(here.officer, held, public_seed="07 14", public_source="双色球", at=scene.DRAWN)


def published(here: scene.Scene) -> Draw:
    held = drawn(here)
    for name in ("王公证", "李监督"):
        draw.sign(here.officer, held, name=name, office="公证处", at=scene.DRAWN)
    return draw.publish(here.officer, held, at=scene.DRAWN)


def downloaded(client: Client, held: Draw, folder: Path) -> list[str]:
    """Names of the files that the page offers, taken from there without an account."""
    address = f"/enrolment/public/draws/{held.pk}/"
    names = re.findall(rf'href="{address}([a-z]+\.(?:csv|json))"', client.get(address).content.decode())
    for name in names:
        (folder / name).write_bytes(client.get(address + name).content)
    return names


def verdict(client: Client, folder: Path, *arguments: str) -> int:
    """Of the program that is handed out; 0: everything is as it must be."""
    program = folder.parent / "verify.py"
    program.write_bytes(client.get("/enrolment/public/verifier/verify.py").content)
    command = [sys.executable, str(program), str(folder), *arguments]
    return subprocess.run(command, capture_output=True, check=False).returncode


def test_anybody_checks_it_from_the_published_files(client: Client, small_town: Town, tmp_path: Path):
    """Without an account, with the program that is handed out, and nothing else."""
    here = scene.opened(small_town, seats=(2, 2, 2))
    crowd(here, 5)
    held = published(here)
    names = downloaded(client, held, tmp_path)
    assert names == ["applicants.csv", "order.csv", "plan.csv", "record.json", "witnesses.json"]
    assert verdict(client, tmp_path, "--commit", held.commit) == 0
    order = tmp_path / "order.csv"
    order.write_text(order.read_text().replace("admitted", "waiting", 1))
    assert verdict(client, tmp_path, "--commit", held.commit) == 1
    assert verifier_file("verify.py") == (tmp_path.parent / "verify.py").read_bytes()


def test_published_rows_are_masked_and_hold_no_number(client: Client, small_town: Town):
    here = scene.opened(small_town)
    family = scene.family(1, name="欧阳晓明")
    scene.applied(here, family, "private")
    held = published(here)
    page = client.get(f"/enrolment/public/draws/{held.pk}/").content.decode()
    files = b"".join(lists.files(held, lists.entries_of(held)).values()).decode()
    assert "欧阳**" in page
    for secret in ("欧阳晓明", family.number, "母亲1"):
        assert secret not in page
        assert secret not in files


def test_before_publication_nothing_but_the_frozen_list_is_public(client: Client, small_town: Town):
    here = scene.opened(small_town)
    crowd(here, 3)
    held = drawn(here)
    row = DrawEntry.objects.unscoped(WHY).filter(draw=held).first()
    page = client.get(f"/enrolment/public/draws/{held.pk}/").content.decode()
    assert held.commit in page
    assert (row.ticket[:12] in page, held.city_seed in page) == (False, False)
    codes = {
        name: client.get(f"/enrolment/public/draws/{held.pk}/{name}").status_code
        for name in ("plan.csv", "order.csv", "record.json")
    }
    assert codes == {"plan.csv": 200, "order.csv": 404, "record.json": 404}


def test_a_rehearsal_is_stamped_and_never_published(client: Client, small_town: Town):
    here = scene.opened(small_town)
    crowd(here, 3)
    held = drawn(here, rehearsal=True)
    for name in ("甲", "乙"):
        draw.sign(here.officer, held, name=name, office="公证处", at=scene.DRAWN)
    with pytest.raises(Conflict, match="这是演练，不能公布。"):
        draw.publish(here.officer, held, at=scene.DRAWN)
    assert (
        json.loads(lists.conducted(held, lists.entries_of(held)).files["record.json"])["kind"] == "rehearsal"
    )
    assert client.get(f"/enrolment/public/draws/{held.pk}/").status_code == 404
    again = drawn(here, rehearsal=True)
    real = drawn(here)
    tickets = [
        set(DrawEntry.objects.unscoped(WHY).filter(draw=each).values_list("ticket", flat=True))
        for each in (held, again, real)
    ]
    assert tickets[0] & tickets[1] == tickets[0] & tickets[2] == set()


def test_the_order_of_the_steps_is_kept(small_town: Town):
    here = scene.opened(small_town)
    crowd(here, 2)
    with pytest.raises(Conflict, match="才截止，名单还不能冻结。"):
        draw.freeze(here.officer, here.window, round="first", at=scene.APPLYING)
    held = draw.freeze(here.officer, here.window, round="first", at=scene.DRAWING)
    with pytest.raises(Conflict, match="这一轮的名单已经冻结。"):
        draw.freeze(here.officer, here.window, round="first", at=scene.DRAWING)
    with pytest.raises(Conflict, match="公共种子必须在名单冻结以后产生。"):
        draw.draw_lots(here.officer, held, public_seed="1", public_source="x", at=scene.DRAWING)
    with pytest.raises(Conflict, match="见证人在摇号之后、公布之前签字。"):
        draw.sign(here.officer, held, name="甲", office="乙", at=scene.DRAWN)
    held = draw.draw_lots(here.officer, held, public_seed="1", public_source="x", at=scene.DRAWN)
    with pytest.raises(Conflict, match="已经摇过号，结果不能重来。"):
        draw.draw_lots(here.officer, held, public_seed="2", public_source="x", at=scene.DRAWN)
    with pytest.raises(Conflict, match="至少要有两位见证人签字才能公布。"):
        draw.publish(here.officer, held, at=scene.DRAWN)


def test_a_list_changed_after_freezing_stops_the_draw(small_town: Town):
    here = scene.opened(small_town)
    crowd(here, 3)
    held = draw.freeze(here.officer, here.window, round="first", at=scene.DRAWING)
    DrawEntry.objects.unscoped(WHY).filter(draw=held).first().delete()
    with pytest.raises(Conflict, match="名单与冻结时公布的校验值不符"):
        draw.draw_lots(here.officer, held, public_seed="1", public_source="x", at=scene.DRAWN)


def test_a_freed_seat_goes_to_the_next_ticket(client: Client, small_town: Town, tmp_path: Path):
    here = scene.opened(small_town, seats=(4, 2, 1))
    crowd(here, 3)
    held = published(here)
    order = list(
        DrawEntry.objects.unscoped(WHY)
        .filter(draw=held)
        .order_by("position")
        .select_related("application__guardian")
    )
    winner = order[0].application
    choosing.give_up(actor_of(winner.guardian), winner, reason="出国", at=scene.PLACING)
    assert draw.fill_freed(here.officer, held, at=scene.PLACING) == 1
    live = Seat.objects.unscoped(WHY).filter(released=None).values_list("application", "kind")
    assert list(live) == [(order[1].application_id, "freed")]
    assert draw.fill_freed(here.officer, held, at=scene.PLACING) == 0
    withdrawn = order[1].application
    choosing.give_up(actor_of(withdrawn.guardian), scene.fresh(withdrawn), reason="出国", at=scene.PLACING)
    assert draw.fill_freed(here.officer, held, at=scene.PLACING) == 1
    # Everybody can follow it down the order.
    one, two, three = (entry.application.number for entry in order)
    assert "freed.csv" in downloaded(client, held, tmp_path)
    lines = (tmp_path / "freed.csv").read_text().splitlines()
    assert lines == [
        "school,step,freed,given",
        f"爱菊小学·走读,1,{one},{two}",
        f"爱菊小学·走读,2,{two},{three}",
    ]
    assert verdict(client, tmp_path) == 0
    (tmp_path / "freed.csv").write_text("\n".join([lines[0], lines[1].replace(two, three), ""]))
    assert verdict(client, tmp_path) == 1


def test_a_freed_seat_passes_over_who_has_a_seat_elsewhere_by_now(
    client: Client, small_town: Town, tmp_path: Path
):
    here = scene.opened(small_town, seats=(4, 2, 1))
    crowd(here, 3)
    held = published(here)
    rows = DrawEntry.objects.unscoped(WHY).filter(draw=held).order_by("position")
    one, two, three = (entry.application for entry in rows.select_related("application__guardian"))
    verification.check_all(here.officer, here.window, at=scene.PLACING)
    placement.carry_out(placement.place(here.officer, here.window, kind="second", at=scene.PLACING).pk)
    choosing.give_up(actor_of(one.guardian), one, reason="出国", at=scene.PLACING)
    assert draw.fill_freed(here.officer, held, at=scene.PLACING) == 0
    downloaded(client, held, tmp_path)
    told = [line.split(",")[2:] for line in (tmp_path / "freed.csv").read_text().splitlines()[1:]]
    assert told == [[two.number, ""], [three.number, ""], [one.number, ""]]
    assert verdict(client, tmp_path) == 0


def test_twins_are_drawn_with_one_ticket(small_town: Town):
    here = scene.opened(small_town, seats=(2, 2, 1))
    family, single = scene.family(1), scene.family(3)
    twin = scene.family(2)
    for row in (twin.child.guardianships.unscoped(WHY).get(),):
        row.guardian = family.mother
        row.save()
    twin.mother = family.mother
    pair = [scene.confirmed(here, each) for each in (family, twin)]
    scene.applied(here, single, "private")
    choosing.bind_twins(family.actor, pair[0], sibling=pair[1], together=True, at=scene.APPLYING)
    for row in pair:
        choosing.choose_private(family.actor, row, first=here.plans["aiju"], at=scene.APPLYING)
    held = published(here)
    rows = {entry.application_id: entry for entry in DrawEntry.objects.unscoped(WHY).filter(draw=held)}
    assert rows[pair[0].pk].ticket == rows[pair[1].pk].ticket
    # One seat for two: by the rule the pair waits together, whoever comes first.
    assert [rows[row.pk].admitted for row in pair] == [False, False]
    assert Plan.objects.unscoped(WHY).get(pk=here.plans["aiju"].pk).taken == 1


def test_twins_over_the_plan_raise_it_by_rule(small_town: Town):
    here = scene.opened(small_town, rules=scene.rules(twins_short="over_plan"), seats=(2, 2, 1))
    family, twin = scene.family(1), scene.family(2)
    row = twin.child.guardianships.unscoped(WHY).get()
    row.guardian = family.mother
    row.save()
    pair = [
        scene.confirmed(here, each)
        for each in (
            family,
            scene.Family(twin.child, family.mother, twin.number, twin.home, twin.since, twin.certificate),
        )
    ]
    choosing.bind_twins(family.actor, pair[0], sibling=pair[1], together=True, at=scene.APPLYING)
    for each in pair:
        choosing.choose_private(family.actor, each, first=here.plans["aiju"], at=scene.APPLYING)
    published(here)
    plan = Plan.objects.unscoped(WHY).get(pk=here.plans["aiju"].pk)
    assert (plan.seats, plan.extra, plan.taken) == (1, 1, 2)


def test_who_is_not_drawn_is_moved_to_the_transfer_wish_and_then_behind_the_public_ones(small_town: Town):
    here = scene.opened(small_town, seats=(1, 1, 1), second=1)
    rows = crowd(here, 3, transfer=here.plans["second"])
    public = scene.applied(here, scene.family(9, since="2020-01-01"))
    published(here)
    assert sorted(scene.fresh(row).state for row in rows) == ["placed", "transfer", "transfer"]
    held = draw.freeze(here.officer, here.window, round="transfer", at=scene.DRAWN)
    later = scene.DRAWN + (scene.DRAWN - scene.DRAWING)
    held = draw.draw_lots(here.officer, held, public_seed="9", public_source="双色球", at=later)
    for name in ("甲", "乙"):
        draw.sign(here.officer, held, name=name, office="公证处", at=later)
    draw.publish(here.officer, held, at=later)
    states = sorted(scene.fresh(row).state for row in rows)
    assert states == ["checking", "placed", "placed"]
    # The one left moved in years before the family that went public at once, and yet stands behind it.
    verification.check_all(here.officer, here.window, at=scene.PLACING)
    from wutong.platforms.governance.enrolment.actions import placement  # noqa: PLC0415

    run = placement.place(here.officer, here.window, kind="second", at=scene.PLACING)
    placement.carry_out(run.pk, at=scene.PLACING)
    left = next(row for row in map(scene.fresh, rows) if row.private_first)
    assert (scene.fresh(public).state, left.state) == ("placed", "overflow")
