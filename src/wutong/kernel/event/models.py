"""The outbox, and the receipts that make each receiver's effect happen once."""

from django.db import models


class OutboxEvent(models.Model):
    """Announced, not yet received by all. Removed some days after it was delivered."""

    name = models.CharField(max_length=120)
    payload = models.JSONField()
    request_id = models.CharField(max_length=40, blank=True)
    created = models.DateTimeField(auto_now_add=True)
    available = models.DateTimeField(auto_now_add=True)
    attempts = models.PositiveIntegerField(default=0)
    delivered = models.DateTimeField(null=True)
    problem = models.TextField(blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["available"], condition=models.Q(delivered__isnull=True), name="outbox_waiting"
            )
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.name}"


class Receipt(models.Model):
    """Written in the transaction of the receiver's effect: a second delivery finds it and does nothing."""

    event = models.ForeignKey(OutboxEvent, models.CASCADE, related_name="receipts")
    receiver = models.CharField(max_length=200)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["event", "receiver"], name="received_once")]

    def __str__(self) -> str:
        return f"{self.event_id} {self.receiver}"
