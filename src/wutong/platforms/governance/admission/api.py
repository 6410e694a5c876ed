"""What other modules may ask of the core of admission. All of it is pure: no database, no clock."""

from wutong.platforms.governance.admission.addresses.address import Address, HouseNumber, read_address
from wutong.platforms.governance.admission.addresses.catchment import (
    Catchment,
    CatchmentMap,
    Committee,
    Estate,
    RoadRange,
    Unsettled,
    unsettled,
)
from wutong.platforms.governance.admission.addresses.coverage import Finding, coverage
from wutong.platforms.governance.admission.files import MATCH_METHODS, match_files
from wutong.platforms.governance.admission.lottery.draw import Draw, Drawn, Seeds, digest, draw_lots
from wutong.platforms.governance.admission.lottery.publication import (
    Conducted,
    Frozen,
    Run,
    Witness,
    conduct,
    freed_file,
    freeze,
    publication,
)
from wutong.platforms.governance.admission.lottery.seating import GroupPolicy, Step, successions
from wutong.platforms.governance.admission.matching.market import Market, Matching
from wutong.platforms.governance.admission.matching.methods import (
    METHODS,
    deferred_acceptance,
    immediate_acceptance,
    serial_dictatorship,
)
from wutong.platforms.governance.admission.matching.stability import blocking_pairs
from wutong.platforms.governance.admission.matching.trading import top_trading_cycles
from wutong.platforms.governance.admission.placement.households import Held, Occupancy, warning_list
from wutong.platforms.governance.admission.placement.junior import (
    JuniorRules,
    Pool,
    PoolDrawn,
    Pupil,
    Route,
    draw_pool,
    route_of,
)
from wutong.platforms.governance.admission.placement.placing import (
    LastAdmitted,
    Outcome,
    Placement,
    Reason,
    Standing,
    place,
)
from wutong.platforms.governance.admission.placement.rules import (
    Applicant,
    Comparator,
    Fact,
    PlacementRules,
    PriorityClass,
)
from wutong.platforms.governance.admission.problems import AdmissionError
from wutong.platforms.governance.admission.senior.quotas import share_out
from wutong.platforms.governance.admission.senior.wishes import (
    QUOTA_ORDER,
    UNIFIED_ORDER,
    Batch,
    Candidate,
    Line,
    parallel_wishes,
)
from wutong.platforms.governance.admission.senior.year import Entrant, SeniorPlan, SeniorYear, admit_year
from wutong.platforms.governance.admission.verifier.handout import VERIFIER_FILES, verifier_file

__all__ = [
    "admit_year",
    "SeniorYear",
    "SeniorPlan",
    "Entrant",
    "Address",
    "AdmissionError",
    "Applicant",
    "Batch",
    "Candidate",
    "Catchment",
    "CatchmentMap",
    "Committee",
    "Comparator",
    "Conducted",
    "Draw",
    "Drawn",
    "Estate",
    "Fact",
    "Finding",
    "Frozen",
    "GroupPolicy",
    "Held",
    "HouseNumber",
    "JuniorRules",
    "LastAdmitted",
    "Line",
    "MATCH_METHODS",
    "METHODS",
    "Market",
    "Matching",
    "Occupancy",
    "Outcome",
    "Placement",
    "PlacementRules",
    "Pool",
    "PoolDrawn",
    "PriorityClass",
    "Pupil",
    "QUOTA_ORDER",
    "Reason",
    "RoadRange",
    "Route",
    "Run",
    "Seeds",
    "Standing",
    "Step",
    "UNIFIED_ORDER",
    "Unsettled",
    "VERIFIER_FILES",
    "Witness",
    "blocking_pairs",
    "conduct",
    "coverage",
    "deferred_acceptance",
    "digest",
    "draw_lots",
    "draw_pool",
    "freed_file",
    "freeze",
    "immediate_acceptance",
    "match_files",
    "parallel_wishes",
    "place",
    "publication",
    "read_address",
    "route_of",
    "serial_dictatorship",
    "share_out",
    "successions",
    "top_trading_cycles",
    "unsettled",
    "verifier_file",
    "warning_list",
]
