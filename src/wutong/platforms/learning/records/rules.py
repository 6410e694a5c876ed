"""What a key's scopes allow, and who may hand out keys."""

from wutong.kernel.policy import over
from wutong.platforms.learning.records.models import KEEPERS, Scope

keeps_keys = over(*KEEPERS)

WRITES: frozenset[str] = frozenset({Scope.ALL, Scope.WRITE})
READS: frozenset[str] = frozenset({Scope.ALL, Scope.ALL_READ, Scope.READ})
READS_MINE: frozenset[str] = READS | {Scope.READ_MINE}
STATE: frozenset[str] = frozenset({Scope.ALL, Scope.STATE})
PROFILE: frozenset[str] = frozenset({Scope.ALL, Scope.PROFILE})
DEFINES: frozenset[str] = frozenset({Scope.ALL, Scope.DEFINE})
