"""The name of this centre among applications: the address at which people reach it, without a path."""

from django.http import HttpRequest

PUSHED = "urn:ietf:params:oauth:request_uri:"


def issuer_of(request: HttpRequest) -> str:
    return f"{request.scheme}://{request.get_host()}"
