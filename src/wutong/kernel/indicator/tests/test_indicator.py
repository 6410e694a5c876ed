import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model

from wutong.kernel.indicator import Indicator, View, warehouse
from wutong.kernel.indicator.jobs import refresh
from wutong.kernel.indicator.models import IndicatorRun, IndicatorValue
from wutong.kernel.indicator.queries import latest, parts, protected, series, slices
from wutong.kernel.indicator.runner import formula_of
from wutong.kernel.indicator.views import safe
from wutong.kernel.module import REGISTRY, Module
from wutong.kernel.policy import ANONYMOUS
from wutong.kernel.search.tests.places import alone, build

pytestmark = pytest.mark.django_db(databases="__all__")
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
def places():
    return build()


class House:
    """Pupils per school: (school path, sex, how many)."""

    def __init__(self):
        self.pupils = []
        self.view = View(
            "pupils", "学生", {"organisation_path": "string", "sex": "string", "board": "boolean"}, self.rows
        )

    def rows(self):
        return [(path, sex, n == 0) for path, sex, count in self.pupils for n in range(count)]

    def indicators(self):
        words = {"definition": "在籍学生人数", "owner": "基础教育处", "views": (self.view,)}
        return (
            Indicator("pupils", "学生数", unit="人", expression=counted, dimensions=("sex",), **words),
            Indicator("boarders", "住宿比例", unit="%", of="在籍学生", expression=boarding, **words),
        )


def counted(views):
    pupils = views["pupils"]
    return pupils.group_by("organisation_path", "sex").agg(value=pupils.count())


def boarding(views):
    pupils = views["pupils"]
    return pupils.group_by("organisation_path").agg(
        value=pupils.board.cast("int64").sum(), base=pupils.count()
    )


@pytest.fixture
def house(places, monkeypatch):
    shutil.rmtree(Path(settings.DATA_DIR) / "warehouse", ignore_errors=True)
    made = House()
    made.pupils = [
        (places.gaoan.path, "1", 20), (places.gaoan.path, "2", 30),
        (places.xiangyang.path, "1", 3), (places.island.path, "2", 40),
    ]  # fmt: skip
    monkeypatch.setattr(REGISTRY, "_modules", alone(Module("m", "m", "m", indicators=made.indicators())))
    return made


def test_values_are_added_up_for_everybody_above_and_over_the_dimensions(places, house):
    refresh(at=NOON)
    city = places.actor("city", "officer")
    assert [latest(city, "pupils", each.path).text for each in (places.city, places.xuhui, places.gaoan)] == [
        "93", "53", "50"
    ]  # fmt: skip
    assert [(each.dimensions, each.text) for each in slices(city, "pupils", places.gaoan.path)] == [
        ((("sex", "1"),), "20"), ((("sex", "2"),), "30")
    ]  # fmt: skip
    assert latest(city, "boarders", places.gaoan.path).number == pytest.approx(4)


def test_everybody_sees_their_own_organisation_first_and_no_stranger(places, house):
    refresh(at=NOON)
    assert latest(places.actor("island", "head"), "pupils").text == "40"
    gaoan = places.actor("gaoan", "clerk")
    assert latest(gaoan, "pupils").text == "50"
    assert latest(gaoan, "pupils", places.island.path) is None
    assert latest(gaoan, "pupils", places.city.path) is None
    assert series(gaoan, "pupils", places.xuhui.path) == []
    assert [each.path for each in parts(gaoan, "pupils", places.xuhui.path)] == [places.gaoan.path]
    assert latest(places.actor("first", "pupil"), "pupils") is None
    assert latest(ANONYMOUS, "pupils") is None


def test_small_cells_are_hidden_and_cannot_be_worked_out_from_the_sum(places, house):
    refresh(at=NOON)
    officer = places.actor("xuhui", "officer")
    assert latest(officer, "pupils", places.xiangyang.path).text == "<5"
    assert latest(officer, "boarders", places.xiangyang.path).number is None
    assert [each.text for each in parts(officer, "pupils", places.xuhui.path)] == ["<5", "<5"]


@pytest.mark.parametrize(("counts", "texts"), [
    ([0, 10, 20], ["0", "10", "20"]),
    ([1, 10, 20], ["<5", "<5", "20"]),
    ([4, 3, 20], ["<5", "<5", "20"]),
    ([5, 6, 7], ["5", "6", "7"]),
    ([2, 0, 0], ["<5", "0", "0"]),
])  # fmt: skip
def test_hiding(house, counts, texts):
    run = IndicatorRun(indicator="pupils", at=NOON)
    rows = [IndicatorValue(pk=place, run=run, value=count) for place, count in enumerate(counts)]
    assert [each.text for each in protected(house.indicators()[0], rows)] == texts


def test_history_keeps_formula_snapshot_and_time(places, house):
    refresh(at=NOON)
    house.pupils.append((places.gaoan.path, "1", 5))
    refresh(at=NOON + timedelta(days=1))
    clerk = places.actor("gaoan", "clerk")
    assert [each.text for each in series(clerk, "pupils", places.gaoan.path)] == ["50", "55"]
    runs = IndicatorRun.objects.filter(indicator="pupils").order_by("at")
    assert [run.snapshot for run in runs] == ["20261123T120000000000", "20261124T120000000000"]
    assert len({run.formula_version for run in runs}) == 1
    assert runs[0].formula == formula_of(house.indicators()[0])


def test_a_run_that_was_killed_is_repeated_and_one_that_was_done_is_not(places, house):
    leftover = warehouse.folder(house.view) / "20261123T120000000000.part"
    leftover.write_bytes(b"half")
    assert refresh(at=NOON) == "2"
    assert refresh(at=NOON + timedelta(hours=1)) == "0"
    assert refresh(name="pupils", at=NOON + timedelta(hours=1)) == "1"
    assert warehouse.current(house.view).name == "20261123T130000000000.parquet"
    assert not leftover.exists()


def test_old_snapshots_are_cleared_away(house):
    for day in range(12):
        warehouse.publish(house.view, warehouse.snapshot_id(NOON + timedelta(days=day)))
    assert len(list(warehouse.folder(house.view).glob("*.parquet"))) == warehouse.KEEP


def test_an_empty_view_gives_no_values_and_no_error(places, house):
    house.pupils.clear()
    refresh(at=NOON)
    assert IndicatorValue.objects.unscoped("test").count() == 0
    assert latest(places.actor("city", "officer"), "pupils") is None


def test_an_expression_without_its_columns_is_named(places, house, monkeypatch):
    broken = Indicator(
        "broken", "坏", "d", "人", "o", (house.view,), expression=lambda views: views["pupils"].select("sex")
    )
    monkeypatch.setattr(REGISTRY, "_modules", alone(Module("m", "m", "m", indicators=(broken,))))
    with pytest.raises(ValueError, match="broken: the expression lacks"):
        refresh(at=NOON)


def test_pages_show_what_is_in_scope_only(places, house, client):
    refresh(at=NOON)
    actor = places.actor("city", "officer")
    client.force_login(get_user_model().objects.create_user("city", person_id=actor.person_id))
    assert "93" in client.get("/indicators/").content.decode()
    page = client.get("/indicators/pupils/").content.decode()
    assert "COUNT(*)" in page
    assert "20261123T120000000000" in page
    assert client.get(f"/indicators/pupils/?path={places.xuhui.path}").status_code == 200
    sheet = client.get("/indicators/pupils/csv/").content.decode()
    assert "崇明区" in sheet
    assert client.get("/indicators/nothing/").status_code == 404


def test_a_stranger_gets_nothing_by_writing_a_path(places, house, client):
    refresh(at=NOON)
    actor = places.actor("gaoan", "clerk")
    client.force_login(get_user_model().objects.create_user("gaoan", person_id=actor.person_id))
    for path in (places.island.path, places.city.path, "x", "0"):
        for page in ("", "csv/"):
            assert client.get(f"/indicators/pupils/{page}?path={path}").status_code == 404


def test_a_name_is_no_formula_in_a_sheet():
    assert [safe(cell) for cell in ("=1+1", "学校", "", "-")] == ["'=1+1", "学校", "", "'-"]
