"""Who comes with a request: the two questions that each page begins with, compiled once.

Django finds this module by `SESSION_ENGINE`.
"""

from __future__ import annotations

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.utils import timezone

from wutong.centres.identity.accounts.models import Account
from wutong.kernel.prepared import Prepared, Text


class SessionStore(db.SessionStore):
    def _get_session_from_db(self) -> Session | None:
        now = timezone.now()
        for found in _session(Text(self.session_key)):
            if found.expire_date > now:
                return found
        self._session_key = None
        return None


class Backend(AuthenticationBackend):
    def get_user(self, user_id: int) -> Account | None:
        for found in _account(user_id):
            if self.user_can_authenticate(found):
                return found
        return None


@Prepared
def _session(key: str) -> QuerySet:
    return Session.objects.filter(pk=key)


@Prepared
def _account(key: int) -> QuerySet:
    return Account.objects.filter(pk=key)
