"""What a family reads of the result, written down when results are told: on that day everybody looks at once."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from wutong.platforms.governance.enrolment.models.application import Application, OfApplication


class Result(OfApplication):
    """`told` is where the child stands, by language; it holds while the application is as it was, and until `until`."""

    application = models.OneToOneField(Application, models.CASCADE, primary_key=True, related_name="+")
    state = models.CharField(max_length=20)
    school_id = models.BigIntegerField(null=True)
    until = models.DateTimeField(null=True)
    told = models.JSONField()

    class Meta:
        verbose_name = _("结果页")

    def __str__(self) -> str:
        return f"{self.application_id} {self.state}"
