"""Which addresses a client may name, and which answer goes to which address. Pure.

Redirects are compared as whole texts (RFC 9700 §2.1); a native application may be answered on any port of its own
machine (RFC 8252 §7.3). CAS services are compared by whole segments of their path.
"""

import re
from collections.abc import Iterable
from urllib.parse import SplitResult, urlsplit

from django.utils.translation import gettext_lazy as _

from wutong.kernel.errors import Sentence

LONGEST = 500
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
PLAIN = re.compile(r"[\x21-\x7e]+")
HOST = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*|[0-9a-f:]+")
PORTS = {"https": 443, "http": 80}
# Steps upwards, also in disguise: what follows them is not where the prefix says.
CLIMBS = re.compile(r"(^|/|%2f)(\.|%2e){1,2}($|/|%2f)|\\|%5c|//|%00", re.IGNORECASE)


def fault_of(uri: str) -> Sentence:
    """What is wrong with an address that answers are to be sent to, in a sentence; empty if nothing is."""
    if len(uri) > LONGEST:
        return _("地址太长，最多 500 个字符。")
    if not PLAIN.fullmatch(uri) or "\\" in uri:
        return _("地址里有空格、中文或控制字符，请使用编码后的地址。")
    parts = _split(uri)
    if parts is None or parts.scheme not in PORTS:
        return _("地址必须以 https:// 开头；本机调试可以用 http://127.0.0.1。")
    return _fault_of_parts(uri, parts)


def _fault_of_parts(uri: str, parts: SplitResult) -> Sentence:
    host = parts.hostname or ""
    if parts.username is not None or parts.password is not None or "@" in parts.netloc:
        return _("地址里不能带用户名或密码。")
    if "#" in uri:
        return _("地址里不能有 # 片段。")
    if "*" in uri:
        return _("地址里不能有通配符 *，请逐个填写完整地址。")
    if not HOST.fullmatch(host):
        return _("地址里的主机名不正确。")
    if parts.scheme == "http" and host not in LOOPBACK:
        return _("地址必须以 https:// 开头；本机调试可以用 http://127.0.0.1。")
    return ""


def fault_of_prefix(prefix: str) -> Sentence:
    """As `fault_of`; a prefix of services also says no query and climbs nowhere."""
    if fault := fault_of(prefix):
        return fault
    if "?" in prefix or CLIMBS.search(urlsplit(prefix).path):
        return _("服务地址只写到路径为止，不带 ? 参数，也不能有 .. 或 //。")
    return ""


def _split(uri: str) -> SplitResult | None:
    """None for what no parser agrees on."""
    try:
        parts = urlsplit(uri)
        return parts if parts.port is None or 0 < parts.port < 65536 else None
    except ValueError:
        return None


def redirect_allowed(uri: str, registered: Iterable[str]) -> bool:
    """Whether an answer may go to `uri`: the very text that was registered, or the same on another loopback port."""
    return not fault_of(uri) and any(uri == each or _same_but_port(uri, each) for each in registered)


def _same_but_port(uri: str, registered: str) -> bool:
    """For loopback addresses by number only: `localhost` may be resolved to elsewhere."""
    one, other = urlsplit(uri), urlsplit(registered)
    here = other.scheme == "http" and other.hostname in ("127.0.0.1", "::1")
    return here and (one.scheme, one.hostname, one.path, one.query) == (
        other.scheme,
        other.hostname,
        other.path,
        other.query,
    )


def normal(uri: str) -> str:
    """The address with host in small letters, without the port that goes without saying, query and last slash."""
    parts = urlsplit(uri)
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    port = "" if parts.port in (None, PORTS[parts.scheme]) else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}{parts.path.rstrip('/')}"


def prefixes_of(service: str) -> list[str]:
    """All prefixes under which a service could be registered, the longest first; none for an unsound address."""
    if len(service) > 4 * LONGEST or not PLAIN.fullmatch(service) or {"\\", "#"} & set(service):
        return []
    parts = _split(service)
    if parts is None or parts.scheme not in PORTS or _fault_of_parts("", parts):
        return []
    if CLIMBS.search(parts.path):
        return []
    whole = normal(service)
    start = whole.index("/", len(parts.scheme) + 3) if parts.path.rstrip("/") else len(whole)
    ends = [at for at in range(start, len(whole)) if whole[at] == "/"]
    return [whole, *(whole[:end] for end in reversed(ends))][:40]
