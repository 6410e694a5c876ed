"""Calls of the centre to applications: sign-out notices and callbacks.

Whoever registers an address could otherwise send the centre into the house's own network. So a name must lead to
public addresses or into a network that the operator named; the call goes to the very address that was checked, no
redirect is followed, and little is read of the answer. The machine itself is reached only where the registered
address says so by number: on a developer's own machine.
"""

import http.client
import ipaddress
import socket
import ssl
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from wutong.centres.identity.applications.addresses import fault_of

PATIENCE = 5
MOST = 64 * 1024
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Unreachable(OSError):
    """The application did not answer, or stands where the centre does not go. An OSError, so that jobs try again."""


def call(
    method: str,
    url: str,
    *,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    patience: float = PATIENCE,
) -> tuple[int, bytes]:
    """Status and the beginning of the answer, waited for so many seconds. Unreachable where there is none."""
    if fault := fault_of(url):
        raise Unreachable(str(fault))
    parts = urlsplit(url)
    target = parts.path or "/"
    target += f"?{parts.query}" if parts.query else ""
    connection = _connection(parts.scheme, parts.hostname or "", parts.port, patience)
    try:
        connection.request(
            method, target, body, {"Host": parts.netloc, "Connection": "close", **(headers or {})}
        )
        answer = connection.getresponse()
        return answer.status, answer.read(MOST)
    except (OSError, http.client.HTTPException) as error:
        raise Unreachable(f"{parts.hostname}: {type(error).__name__}") from error
    finally:
        connection.close()


def _connection(scheme: str, host: str, port: int | None, patience: float) -> http.client.HTTPConnection:
    if scheme == "https":
        return _Pinned(host, port or 443, timeout=patience, context=ssl.create_default_context())
    # `fault_of` lets only loopback through
    return http.client.HTTPConnection(host, port or 80, timeout=patience)


class _Pinned(http.client.HTTPSConnection):
    """Connects to an address that was checked, and has the certificate checked against the name."""

    def connect(self) -> None:
        address = address_of(self.host, self.port)
        plain = socket.create_connection((str(address), self.port), self.timeout)
        self.sock = self._context.wrap_socket(plain, server_hostname=self.host)  # type: ignore[attr-defined]  # its own way


def address_of(host: str, port: int) -> Address:
    """The first address of a host, if all of them may be called: which one a caller gets is the owner's choice."""
    found = [ipaddress.ip_address(entry[4][0]) for entry in _look_up(host, port)]
    if not found or not all(may_call(each, host) for each in found):
        raise Unreachable(f"{host} leads to a network that the centre does not call.")
    return found[0]


def _look_up(host: str, port: int) -> list[Any]:
    try:
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise Unreachable(f"{host} has no address.") from error


def may_call(address: Address, host: str) -> bool:
    if address.is_loopback:
        return host == str(address)
    if any(address in network for network in settings.OPTION["networks"]):
        return True
    return address.is_global and not address.is_multicast
