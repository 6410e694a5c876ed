"""Tokens that the identity centre gave out, as the API asks for them (`settings.API_BEARER`)."""

from django.http import HttpRequest

from wutong.centres.identity.openid.api import Bearer, TokenRefused
from wutong.centres.identity.openid.api import bearer as shown
from wutong.kernel.api.errors import NotSignedIn


def bearer(request: HttpRequest) -> Bearer | None:
    """None without a token; NotSignedIn with the protocol's own challenge for one that does not hold."""
    try:
        return shown(request)
    except TokenRefused as error:
        raise NotSignedIn(error.challenge) from None
