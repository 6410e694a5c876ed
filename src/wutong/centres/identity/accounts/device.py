"""What a person needs to recognise a sign-in as one's own: a few words for the device, part of the address."""

import ipaddress

from django.http import HttpRequest
from django.utils.translation import gettext

# The first that matches: browsers name those they descend from.
BROWSERS = (
    ("MicroMessenger", "微信"), ("DingTalk", "钉钉"), ("Edg", "Edge"), ("OPR/", "Opera"), ("HuaweiBrowser", "Huawei"),
    ("MiuiBrowser", "MIUI"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"),
)  # fmt: skip
SYSTEMS = (
    ("HarmonyOS", "HarmonyOS"), ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"),
    ("CrOS", "ChromeOS"), ("Macintosh", "macOS"), ("Linux", "Linux"),
)  # fmt: skip


def device_of(request: HttpRequest) -> str:
    agent = request.headers.get("User-Agent", "")
    words = [next((word for mark, word in table if mark in agent), "") for table in (BROWSERS, SYSTEMS)]
    return " · ".join(word for word in words if word) or gettext("未知设备")


def network_of(address: str) -> str:
    """The first two bytes of an IPv4 address, the first 32 bits of an IPv6 one; empty for what is neither."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if isinstance(found, ipaddress.IPv6Address):
        return f"{ipaddress.ip_network(f'{found}/32', strict=False).network_address}*"
    return ".".join(address.split(".")[:2]) + ".*.*"
