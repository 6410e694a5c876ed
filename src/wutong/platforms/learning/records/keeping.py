"""What those who keep an organisation's records look after: keys, and ways to other stores."""

from django.db.models import Q

from wutong.kernel.policy import Actor, subtree
from wutong.kernel.scope import ScopedModel

# Those who keep an organisation's records let software into its store, and those who run the house.
KEEPERS = ("clerk", "officer", "operator")


class OfKeepers(ScopedModel):
    """Seen by the keepers at the organisation and above it."""

    class Meta:
        abstract = True

    @classmethod
    def scope(cls, actor: Actor) -> Q:
        if actor.is_system:
            return Q()
        condition = Q(pk__in=())
        for role in actor.roles:
            if role.name in KEEPERS:
                condition |= subtree(role.path, cls.SCOPE_FIELD)
        return condition
