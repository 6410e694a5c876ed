"""Every option: type, default, one sentence. The environment and `wutong options` follow from this list."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any


def flag(text: str) -> bool:
    words = {
        "1": True,
        "true": True,
        "yes": True,
        "on": True,
        "0": False,
        "false": False,
        "no": False,
        "off": False,
        "": False,
    }
    return words[text.strip().lower()]


def names(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def networks(text: str) -> list[IPv4Network | IPv6Network]:
    return [ip_network(name) for name in names(text)]


@dataclass(frozen=True)
class Option:
    """`--data` on the command line is `WUTONG_DATA` in the environment."""

    name: str
    kind: Callable[[str], Any]
    default: str
    sentence: str

    @property
    def variable(self) -> str:
        return "WUTONG_" + self.name.upper()

    def read(self, environment: Mapping[str, str]) -> Any:
        text = environment.get(self.variable, self.default)
        try:
            return self.kind(text)
        except (ValueError, KeyError):
            raise SystemExit(f"{self.variable}={text!r}: {self.sentence}") from None


OPTIONS = (
    Option("data", Path, "./var", "Folder that holds everything the embedded default writes."),
    Option("host", str, "127.0.0.1", "Address the web server listens on."),
    Option("port", int, "8000", "Port the web server listens on."),
    Option("database", str, "sqlite", "`sqlite`, or a postgresql:// address of the city's database."),
    Option("hosts", names, "127.0.0.1,localhost", "Host names that people reach the portal under."),
    Option(
        "https",
        flag,
        "no",
        "Whether people reach the portal over HTTPS: cookies become secure, HSTS is sent.",
    ),
    Option("proxies", int, "0", "How many reverse proxies stand in front and set X-Forwarded-For."),
    Option("workers", int, "1", "Web processes to run."),
    Option("debug", flag, "no", "Show technical error pages; never where others can reach it."),
    Option(
        "sms",
        str,
        "",
        "https:// address of the gateway for codes by SMS (docs/accounts.md); none: no codes are sent.",
    ),
    Option(
        "mail", str, "", "smtp://user:password@host:port#sender for codes by mail; none: no codes are sent."
    ),
    Option(
        "networks",
        networks,
        "",
        "Private networks, as 10.0.0.0/8, into which applications may be called on sign-out.",
    ),
    Option("api_rate", int, "600", "Requests that one caller of /api/v1/ may make in a minute."),
    Option(
        "log", str, "line", "`line` for a terminal, `json` for a collector: with a line for each request."
    ),
    Option("metrics", networks, "127.0.0.0/8,::1/128", "Networks that may read /metrics."),
    Option("metrics_token", str, "", "Bearer token that may read /metrics from anywhere; none: nobody may."),
    Option("worker", flag, "yes", "Whether `serve` also does background work, or only pages."),
)


def read(environment: Mapping[str, str] = os.environ) -> dict[str, Any]:
    return {option.name: option.read(environment) for option in OPTIONS}
