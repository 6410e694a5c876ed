from typing import Any

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils.translation import gettext_lazy as _

from wutong.kernel.people.models import Person


class AccountManager(BaseUserManager):
    def get_queryset(self) -> models.QuerySet:
        """With the person: nobody asks for an account without asking whose it is."""
        return super().get_queryset().select_related("person")

    def create_user(self, username: str, password: str | None = None, **values: Any) -> "Account":
        account = self.model(username=self.model.normalize_username(username), **values)
        account.set_password(password)
        account.save()
        return account


class Account(AbstractBaseUser):
    """The means to sign in as a person. What one may do follows from memberships, never from here."""

    username = models.CharField(_("账号"), max_length=60, unique=True)
    person = models.ForeignKey(Person, models.PROTECT, verbose_name=_("人员"), related_name="accounts")
    is_active = models.BooleanField(_("启用"), default=True)
    demo = models.BooleanField(_("演示账号"), default=False)
    created = models.DateTimeField(auto_now_add=True)

    objects = AccountManager()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: list[str] = []

    class Meta:
        verbose_name = _("账号")

    def __str__(self) -> str:
        return self.username
