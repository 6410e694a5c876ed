from django.db import models


class Answer(models.Model):
    """What a request with an Idempotency-Key was answered; without a status it is still under way, or was cut off.

    Kept for a day (`once.forget`). The body is what the caller was shown: masked as the pages mask.
    """

    caller = models.CharField(max_length=120)
    key = models.CharField(max_length=120)
    digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    headers = models.JSONField(default=dict)
    body = models.BinaryField(default=b"")
    at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["caller", "key"], name="one_answer_for_a_key")]

    def __str__(self) -> str:
        return f"{self.caller} {self.status or 'under way'}"
