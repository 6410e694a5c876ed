"""Matters by program: opened, seen, decided and handed on as on the pages."""

import json

import pytest
from django.test import Client

from wutong.centres.data.master.models import Institution
from wutong.kernel.people.models import Organisation
from wutong.kernel.policy import SYSTEM
from wutong.kernel.register.spec import Entry
from wutong.kernel.module import REGISTRY

pytestmark = pytest.mark.django_db(databases="__all__")
CASES = "/api/v1/cases/"
