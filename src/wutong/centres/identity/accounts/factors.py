"""Second factors and passkeys: allauth does the ceremonies, what it stores is sealed, the words are ours."""

import base64
from datetime import datetime
from uuid import uuid4

import segno
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from wutong.centres.identity.accounts.models import Account
from wutong.centres.identity.accounts.rules import is_own_person
from wutong.kernel.action import action, note
from wutong.kernel.notice.actions import send
from wutong.kernel.people.keyring import keyring
from wutong.kernel.people.models import Person
from wutong.kernel.people.queries import survivor
from wutong.kernel.policy import Actor

CONTEXT = "accounts.factor"


class Adapter(DefaultMFAAdapter):
    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "cannot_delete_authenticator": gettext_lazy("现在不能停用这种验证方式。"),
        "cannot_generate_recovery_codes": gettext_lazy("先开通验证器或通行密钥，再生成备用码。"),
        "incorrect_code": gettext_lazy("验证没有通过，请再试一次。"),
    }

    def encrypt(self, text: str) -> str:
        return base64.b64encode(keyring().seal(text, CONTEXT)).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return keyring().open(base64.b64decode(encrypted_text), CONTEXT)

    def build_totp_svg(self, url: str) -> str:
        return segno.make(url, error="m").svg_inline(scale=5)

    def generate_authenticator_name(self, user: Account, type: Authenticator.Type) -> str:
        held = Authenticator.objects.filter(user_id=user.pk, type=type).count()
        return _("通行密钥 %(number)d") % {"number": held + 1}

    def get_public_key_credential_user_entity(self, user: Account) -> dict[str, object]:
        return {**super().get_public_key_credential_user_entity(user), "display_name": str(user.person)}


@action("accounts.change_factor", title=gettext_lazy("变更验证方式"), allow=is_own_person)
def factor_changed(actor: Actor, person: Person, *, kind: str, at: datetime) -> Person:
    """A second factor or passkey was added, replaced or removed: journalled, and its owner is told."""
    note(kind=kind)
    send(
        [survivor(person).pk],
        key=f"accounts.factor:{uuid4().hex}",
        title=_("您的账号的验证方式有变化"),
        body=_("如果不是您本人操作，请马上修改密码，并联系本单位管理员。"),
        href=reverse("mfa_index"),
        at=at,
    )
    return person
