from django.db import models

from wutong.kernel.people.models import Person


class Grant(models.Model):
    """What a browser session gave to a service. No record of business: it lives for a minute or for the session.

    `sid` names the session, `username` its account, `proxies` the callbacks a proxy ticket came through, the latest
    first. The ticket itself is nowhere: `digest` is its keyed hash.
    """

    digest = models.BinaryField(max_length=32, unique=True)
    sid = models.CharField(max_length=40, db_index=True)
    client_id = models.CharField(max_length=40)
    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    username = models.CharField(max_length=60)
    auth_time = models.DateTimeField()
    proxies = models.JSONField(default=list)
    expires = models.DateTimeField(db_index=True)

    class Meta:
        abstract = True


class Ticket(Grant):
    """A service or proxy ticket. `fresh`: credentials were shown for it. It goes with its first validation."""

    service = models.CharField(max_length=2000)
    proxy = models.BooleanField(default=False)
    fresh = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"{self.client_id} {self.sid[:6]}"


class GrantingTicket(Grant):
    """With it a service gets proxy tickets for other services, as long as the session lasts."""

    callback = models.CharField(max_length=500)

    def __str__(self) -> str:
        return f"{self.client_id} {self.sid[:6]}"


class ServiceSession(models.Model):
    """A service that knows a session by a ticket, and is told when the session ends. The ticket is sealed."""

    sid = models.CharField(max_length=40, db_index=True)
    client_id = models.CharField(max_length=40)
    service = models.CharField(max_length=2000)
    ticket = models.BinaryField()
    begun = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.client_id} {self.sid[:6]}"
