"""What a district fixes before families come: the window of a year, its rules, plans and catchments."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from wutong.kernel.people.models import Organisation
from wutong.kernel.scope import ScopedModel
from wutong.platforms.governance.enrolment.ruleset import Rules


class Stage(models.TextChoices):
    PRIMARY = "primary", _("小学")
    JUNIOR = "junior", _("初中")


class Side(models.TextChoices):
    PUBLIC = "public", _("公办")
    PRIVATE = "private", _("民办")


class Window(ScopedModel):
    """One stage of one district in one year: what families enter through."""

    SCOPE_FIELD = "district__path"

    class State(models.TextChoices):
        DRAFT = "draft", _("筹备中")
        OPEN = "open", _("已公布")
        CLOSED = "closed", _("已结束")

    district = models.ForeignKey(Organisation, models.PROTECT, related_name="+", verbose_name=_("区"))
    year = models.PositiveSmallIntegerField(_("招生年份"))
    stage = models.CharField(_("学段"), max_length=10, choices=Stage)
    state = models.CharField(_("状态"), max_length=10, choices=State, default=State.DRAFT)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("招生批次")
        constraints = [
            models.UniqueConstraint(fields=["district", "year", "stage"], name="one_window_a_year_and_stage")
        ]

    def __str__(self) -> str:
        facts = {"district": self.district_name, "year": self.year, "stage": self.get_stage_display()}
        return gettext("%(district)s%(year)s年%(stage)s") % facts

    @property
    def district_name(self) -> str:
        return str(self.district).removesuffix("教育局")

    @property
    def code(self) -> str:
        """As files name it, whatever the language of the reader."""
        return f"{self.district.name} {self.year} {self.stage}"

    @property
    def rule_set(self) -> RuleSet:
        """The frozen one, or while the window is a draft the newest."""
        found = self.__dict__.get("_rule_set")
        if found is None:
            rows = RuleSet.objects.unscoped(
                "rules are public once published, and known to who knows the window"
            )
            found = self.__dict__["_rule_set"] = rows.filter(window=self).latest("number")
        return found

    @property
    def rules(self) -> Rules:
        return self.rule_set.rules


class RuleSet(ScopedModel):
    """The rules and the calendar of a window as data, one row a version. Frozen when the window opens."""

    SCOPE_FIELD = "window__district__path"

    window = models.ForeignKey(Window, models.CASCADE, related_name="rule_sets")
    number = models.PositiveSmallIntegerField(_("版本"))
    content = models.JSONField()
    at = models.DateTimeField(_("保存时间"))
    frozen = models.DateTimeField(_("冻结时间"), null=True)

    class Meta:
        verbose_name = _("招生规则")
        constraints = [models.UniqueConstraint(fields=["window", "number"], name="one_number_a_version")]

    def __str__(self) -> str:
        return f"{self.window_id} v{self.number}"

    @property
    def rules(self) -> Rules:
        found = self.__dict__.get("_rules")
        if found is None:
            found = self.__dict__["_rules"] = Rules.read(self.content)
        return found


class Plan(ScopedModel):
    """How many a school takes in a category. `taken` counts live seats; the table refuses one too many."""

    SCOPE_FIELD = "school__path"

    window = models.ForeignKey(Window, models.CASCADE, related_name="plans")
    school = models.ForeignKey(Organisation, models.PROTECT, related_name="+", verbose_name=_("学校"))
    side = models.CharField(_("公办或民办"), max_length=10, choices=Side)
    category = models.CharField(_("招生类别"), max_length=40, default="统筹")
    classes = models.PositiveSmallIntegerField(_("班数"))
    seats = models.PositiveIntegerField(_("计划人数"))
    extra = models.PositiveIntegerField(_("批准增额"), default=0)
    taken = models.PositiveIntegerField(_("已录取"), default=0, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("招生计划")
        constraints = [
            models.UniqueConstraint(fields=["window", "school", "category"], name="one_plan_a_category"),
            models.CheckConstraint(
                condition=Q(taken__lte=F("seats") + F("extra")), name="seats_never_exceed_the_plan"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        return f"{self.school}（{self.category}）" if self.side == Side.PRIVATE else str(self.school)

    @property
    def list_name(self) -> str:
        """As tickets are drawn for it: the same in every language and for ever."""
        return f"{self.school.name}·{self.category}"

    @property
    def total(self) -> int:
        return self.seats + self.extra

    @property
    def free(self) -> int:
        return self.total - self.taken


class CatchmentRange(ScopedModel):
    """对口地段: a stretch of a road, or a whole 小区 or 居委, that a public school serves.

    With `within` the numbers are houses inside that lane; without `last` the stretch goes on to the road's end.
    """

    SCOPE_FIELD = "school__path"

    class Parity(models.TextChoices):
        ALL = "all", _("单双号")
        ODD = "odd", _("单号")
        EVEN = "even", _("双号")

    class Counted(models.TextChoices):
        ANY = "any", _("弄和号")
        LANE = "lane", _("弄")
        NUMBER = "number", _("号")

    window = models.ForeignKey(Window, models.CASCADE, related_name="catchments")
    school = models.ForeignKey(Organisation, models.PROTECT, related_name="+", verbose_name=_("学校"))
    road = models.CharField(_("道路"), max_length=60, blank=True)
    within = models.PositiveIntegerField(_("弄内"), null=True, blank=True)
    counted = models.CharField(_("按弄或号"), max_length=6, choices=Counted, default=Counted.ANY)
    first = models.PositiveIntegerField(_("起"), default=1)
    last = models.PositiveIntegerField(_("止"), null=True, blank=True)
    parity = models.CharField(_("单双号"), max_length=4, choices=Parity, default=Parity.ALL)
    estate = models.CharField(_("小区"), max_length=60, blank=True)
    committee = models.CharField(_("居委"), max_length=60, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("对口地段")
        constraints = [
            models.CheckConstraint(
                condition=Q(last__isnull=True) | Q(last__gte=F("first")),
                name="a_stretch_ends_after_it_begins",
            ),
            models.CheckConstraint(
                condition=~Q(road="", estate="", committee=""), name="a_catchment_is_somewhere"
            ),
        ]

    def __str__(self) -> str:
        return self.words

    @property
    def words(self) -> str:
        """As the notice at the school gate says it: 永嘉路 200–400 号双号."""
        if not self.road:
            return self.estate or self.committee
        unit = str(self.get_counted_display())
        lane = f"{self.within}弄" if self.within else ""
        last = str(self.last) if self.last else str(_("以上"))
        span = (
            last
            if self.first == self.last
            else f"{self.first}–{last}"
            if self.last
            else f"{self.first}{last}"
        )
        parity = "" if self.parity == self.Parity.ALL else str(self.get_parity_display())
        return f"{self.road}{lane} {span} {unit}{parity}"
