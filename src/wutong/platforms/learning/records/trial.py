"""A test statement: written with a key's rights and read back, so that people see that the way is open."""

from datetime import datetime
from typing import Any

import msgspec
from django.utils.translation import gettext_lazy as _

from wutong.kernel.action import action, note
from wutong.kernel.errors import Invalid
from wutong.kernel.policy import Actor
from wutong.platforms.learning.records.door.credentials import caller_of
from wutong.platforms.learning.records.models import Key
from wutong.platforms.learning.records.rules import WRITES, keeps_keys
from wutong.platforms.learning.records.store import reading, rendering
from wutong.platforms.learning.records.store.people import origin
from wutong.platforms.learning.records.store.preparing import prepare
from wutong.platforms.learning.records.store.writing import append
from wutong.platforms.learning.records.xapi.agents import JsonObject
from wutong.platforms.learning.records.xapi.statement import check


@action("records.try_key", title=_("发送测试记录"), allow=keeps_keys)
def send_test_statement(actor: Actor, key: Key, *, at: datetime) -> str:
    """As JSON, the way the store gives it back. It speaks of the software itself, so that nobody's record grows."""
    caller = caller_of(key)
    if not key.live or not caller.scopes & WRITES:
        raise Invalid(_("这个密钥已停用或者不能写入学习记录，请换一个密钥再试。"))
    check(_statement(caller.authority), 1)

    def make() -> Any:
        return prepare(caller.tenant, caller.authority, [_statement(caller.authority)], major=1, defines=True)

    batch = append(make)
    note(statement=batch.ids[0])
    found = reading.one(caller.tenant, batch.statements[0].id)
    (shown,) = rendering.statements([found] if found else [])
    return msgspec.json.format(msgspec.json.encode(shown), indent=2).decode()


def _statement(authority: JsonObject) -> JsonObject:
    return {
        "actor": authority,
        "verb": {
            "id": "http://adlnet.gov/expapi/verbs/experienced",
            "display": {"zh-CN": "学习了", "en": "experienced"},
        },
        "object": {
            "id": f"{origin()}/xapi/activities/test",
            "definition": {"name": {"zh-CN": "连接测试", "en": "Connection test"}},
        },
    }
