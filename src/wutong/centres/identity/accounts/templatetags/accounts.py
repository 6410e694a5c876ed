import json
from typing import Any

from django import template
from django.utils.html import format_html, json_script
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def passkey(ceremony: str, data: Any = None, **ids: str) -> SafeString:
    """What the library's script reads: blocks of data, no code. `ids` name the button and the hidden field."""
    options = {"ids": {**ids, "data": "passkey_data"} if data else ids}
    told = format_html(
        '<script data-allauth-onload="allauth.webauthn.forms.{}" type="application/json">{}</script>',
        ceremony,
        SafeString(json.dumps(options)),
    )
    return SafeString(json_script(data, "passkey_data") + told) if data else told
