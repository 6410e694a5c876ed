"""What the protocol answers, in its three forms: lines (CAS 1), XML and JSON (CAS 2 and 3). Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from xml.sax.saxutils import escape, quoteattr

NAMESPACE = "http://www.yale.edu/tp/cas"


@dataclass(frozen=True)
class Success:
    """`proxies`: the callbacks a proxy ticket came through, the latest first. `pgtiou`: names the granting ticket."""

    user: str
    attributes: Mapping[str, Any] = field(default_factory=dict)
    proxies: Sequence[str] = ()
    pgtiou: str = ""


@dataclass(frozen=True)
class Proxied:
    ticket: str


@dataclass(frozen=True)
class Failure:
    """`code` is the protocol's own (CAS 3.0.3 §2.5.3), `description` says how to mend it."""

    code: str
    description: str
    of: str = "authentication"


Answer = Success | Proxied | Failure


def lines(answer: Answer) -> str:
    return f"yes\n{answer.user}\n" if isinstance(answer, Success) else "no\n\n"


def moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def json_of(answer: Answer) -> dict[str, Any]:
    match answer:
        case Failure(code, description, of):
            body: dict[str, Any] = {f"{of}Failure": {"code": code, "description": description}}
        case Proxied(ticket):
            body = {"proxySuccess": {"proxyTicket": ticket}}
        case Success():
            body = {"authenticationSuccess": _success(answer)}
    return {"serviceResponse": body}


def _success(answer: Success) -> dict[str, Any]:
    body: dict[str, Any] = {"user": answer.user}
    if answer.attributes:
        body["attributes"] = dict(answer.attributes)
    if answer.pgtiou:
        body["proxyGrantingTicket"] = answer.pgtiou
    if answer.proxies:
        body["proxies"] = list(answer.proxies)
    return body


def xml_of(answer: Answer) -> str:
    match answer:
        case Failure(code, description, of):
            body = f"<cas:{of}Failure code={quoteattr(code)}>{_text(description)}</cas:{of}Failure>"
        case Proxied(ticket):
            body = _element("proxySuccess", _element("proxyTicket", _text(ticket)))
        case Success():
            body = _element("authenticationSuccess", _success_xml(answer))
    return f'<cas:serviceResponse xmlns:cas="{NAMESPACE}">{body}</cas:serviceResponse>\n'


def _success_xml(answer: Success) -> str:
    parts = [_element("user", _text(answer.user))]
    if answer.attributes:
        parts.append(_element("attributes", "".join(_attributes(answer.attributes))))
    if answer.pgtiou:
        parts.append(_element("proxyGrantingTicket", _text(answer.pgtiou)))
    if answer.proxies:
        parts.append(_element("proxies", "".join(_element("proxy", _text(each)) for each in answer.proxies)))
    return "".join(parts)


def _attributes(attributes: Mapping[str, Any]) -> list[str]:
    """One element for each value."""
    several = {name: value if isinstance(value, list) else [value] for name, value in attributes.items()}
    return [_element(name, _text(value)) for name, values in several.items() for value in values]


def _element(name: str, content: str) -> str:
    return f"<cas:{name}>{content}</cas:{name}>"


def _text(value: Any) -> str:
    """Signs that XML cannot carry are left out: one in a name must not break every sign-in of that person."""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return escape("".join(sign for sign in text if _carried(ord(sign))))


def _carried(code: int) -> bool:
    return code in (9, 10, 13) or 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or code >= 0x10000
