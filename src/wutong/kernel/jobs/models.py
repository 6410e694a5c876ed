from django.db import models
from django.utils.translation import gettext_lazy as _


class JobRun(models.Model):
    """One piece of work. Kept in a database file of its own, so that progress never waits for the work."""

    class State(models.TextChoices):
        WAITING = "waiting", _("排队中")
        RUNNING = "running", _("进行中")
        DONE = "done", _("已完成")
        FAILED = "failed", _("未完成")

    name = models.CharField(max_length=80)
    payload = models.JSONField(default=dict)
    key = models.CharField(max_length=120, unique=True, null=True)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    run_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    done = models.PositiveBigIntegerField(default=0)
    total = models.PositiveBigIntegerField(default=0)
    message = models.CharField(max_length=500, blank=True)
    finished = models.DateTimeField(null=True)
    request_id = models.CharField(max_length=40, blank=True, default="")

    class Meta:
        indexes = [models.Index(fields=["state", "run_at"])]

    def __str__(self) -> str:
        return f"{self.pk} {self.name} {self.state}"

    @property
    def over(self) -> bool:
        return self.state in (self.State.DONE, self.State.FAILED)
