"""What can go wrong between the centre and an application. Codes and descriptions are the protocol's, in English."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from wutong.kernel.errors import WutongError


class Refused(Exception):
    """An answer of the protocol (RFC 6749 §5.2 and its kin): `code`, `description`, status, headers.

    `client_id` is who asked, as far as that is known; it goes into the journal, never what was shown.
    """

    def __init__(
        self,
        code: str,
        description: str = "",
        *,
        status: int = 400,
        client_id: str = "",
        headers: dict[str, str] | None = None,
    ) -> None:
        self.code, self.description, self.status = code, description, status
        self.client_id = client_id
        self.headers = headers or {}
        super().__init__(f"{code}: {description}")


@dataclass(frozen=True)
class Way:
    """How an answer goes back: to an address of the client's own, with its `state`."""

    redirect_uri: str
    state: str = ""
    mode: str = "query"


class SentBack(Refused):
    """A refusal that the browser takes back to the application, the way that is known to be its own."""

    def __init__(self, code: str, description: str, *, way: Way, client_id: str) -> None:
        self.way = way
        super().__init__(code, description, client_id=client_id)


class NoWayBack(WutongError):
    """The address to answer to is not the application's own: nothing is sent there, the person is told."""

    code, status = "no_way_back", 400
    sentence = _("这个应用的登录请求有误，请返回应用重试；仍然不行，请联系应用的管理员。")

    def __init__(self, description: str, client_id: str = "") -> None:
        self.description, self.client_id = description, client_id
        super().__init__(mend=description)


class TokenRefused(Exception):
    """A token that does not hold; `challenge` is the text for WWW-Authenticate (RFC 6750 §3, RFC 9449 §7.1)."""

    def __init__(self, code: str, description: str, *, status: int = 401, scheme: str = "Bearer") -> None:
        self.code, self.description, self.status, self.scheme = code, description, status, scheme
        super().__init__(f"{code}: {description}")

    @property
    def challenge(self) -> str:
        algorithms = ', algs="ES256 RS256"' if self.scheme == "DPoP" else ""
        return f'{self.scheme} error="{self.code}", error_description="{self.description}"{algorithms}'
