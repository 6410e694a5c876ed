from wutong.platforms.governance.enrolment.models.application import (
    Application,
    Document,
    Passage,
    SourceRecord,
    Wish,
)
from wutong.platforms.governance.enrolment.models.deferral import Deferral
from wutong.platforms.governance.enrolment.models.draw import Draw, DrawEntry, Witness
from wutong.platforms.governance.enrolment.models.result import Result
from wutong.platforms.governance.enrolment.models.seat import PlacementLine, PlacementRun, Seat
from wutong.platforms.governance.enrolment.models.window import (
    CatchmentRange,
    Plan,
    RuleSet,
    Side,
    Stage,
    Window,
)

__all__ = [
    "Application",
    "CatchmentRange",
    "Deferral",
    "Document",
    "Draw",
    "DrawEntry",
    "Passage",
    "PlacementLine",
    "PlacementRun",
    "Plan",
    "Result",
    "RuleSet",
    "Seat",
    "Side",
    "SourceRecord",
    "Stage",
    "Window",
    "Wish",
    "Witness",
]
