from django.db import models
from django.utils.translation import gettext_lazy as _

from wutong.centres.data.master.change.models import ChangeRequest
from wutong.kernel.people.models import Organisation
from wutong.kernel.scope import ScopedModel

__all__ = ["ChangeRequest", "Institution", "SchoolClass"]


class Institution(ScopedModel):
    """What is known of a school, kindergarten or university beyond being an organisation."""

    SEARCHED = True

    organisation = models.OneToOneField(
        Organisation, models.CASCADE, primary_key=True, related_name="institution"
    )
    stages = models.JSONField(_("学段"), default=list)
    form = models.CharField(_("办学形式"), max_length=40, blank=True)
    nature = models.CharField(_("举办性质"), max_length=40, blank=True)
    address = models.CharField(_("地址"), max_length=200, blank=True)
    lon = models.DecimalField(_("经度"), max_digits=10, decimal_places=6, null=True, blank=True)
    lat = models.DecimalField(_("纬度"), max_digits=9, decimal_places=6, null=True, blank=True)
    coord_system = models.CharField(_("坐标系"), max_length=40, blank=True)
    coord_check = models.CharField(_("坐标核对"), max_length=40, blank=True)
    confidence = models.CharField(_("可信程度"), max_length=20, blank=True)
    source = models.CharField(_("数据来源"), max_length=400, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("学校与机构")

    def __str__(self) -> str:
        return str(self.organisation)

    EXPECTED = ("stages", "nature", "address", "lon", "form")

    @property
    def completeness(self) -> int:
        """Share of the facts that every school should have, in percent; the code counts as one."""
        have = [bool(getattr(self, name)) for name in self.EXPECTED] + [bool(self.code)]
        return round(100 * sum(have) / len(have))

    @property
    def code(self) -> str:
        return self._code.value if self._code else ""

    @property
    def code_system(self) -> str:
        return self._code.system if self._code else ""

    @property
    def _code(self):
        """The code in force whose system comes first by name; `rows` prefetches them."""
        held = getattr(self.organisation, "live_codes", None)
        if held is None:
            rows = self.organisation.identifiers.unscoped("codes of a visible organisation")
            held = list(rows.filter(valid_to__isnull=True).order_by("system"))
        return held[0] if held else None

    @property
    def district_name(self) -> str:
        parent = self.organisation.parent
        return parent.name.removesuffix("教育局") if parent and parent.kind == "district" else ""


class SchoolClass(ScopedModel):
    """A class of a school in one school year: 2026 is the year that began on 1 September 2026."""

    organisation = models.OneToOneField(
        Organisation, models.CASCADE, primary_key=True, related_name="school_class"
    )
    stage = models.CharField(_("学段"), max_length=20)
    grade = models.CharField(_("年级"), max_length=40)
    number = models.PositiveSmallIntegerField(_("班号"))
    school_year = models.PositiveSmallIntegerField(_("学年"))
    entered = models.PositiveSmallIntegerField(_("入学年份"))
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("班级")

    def __str__(self) -> str:
        return str(self.organisation)
