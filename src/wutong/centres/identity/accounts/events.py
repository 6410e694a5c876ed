"""What accounts announce."""

from dataclasses import dataclass

from wutong.kernel.event import Event


@dataclass(frozen=True)
class SessionEnded(Event):
    """A browser session is over: signed out here or elsewhere, ended by an administrator, or expired.

    `sid` is the public name under which applications know it, `account` and `person` are keys.
    """

    sid: str
    account: int
    person: int
