from django.db import models


class SearchQueue(models.Model):
    """A row that was written and is to be taken into the index. Removed after the index has it on disk."""

    label = models.CharField(max_length=100)
    row = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.label} {self.row}"
