"""What programs ask needs no session, language or form token: it is answered before those are looked for.

It also stands outside the rule that a look does not write, which is about pages: that a token was shown with a proof,
or that sensitive claims were released, has to be written whatever the method.
"""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from wutong.centres.identity.openid.endpoints.routes import BY_PATH
from wutong.centres.identity.openid.refusals import write


class OpenIDMiddleware:
    def __init__(self, respond: Callable[[HttpRequest], HttpResponse]) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponse:
        endpoint = BY_PATH.get(request.path_info)
        response = endpoint(request) if endpoint else self.respond(request)
        refusal = getattr(request, "_openid_refusal", None)
        if refusal is not None:
            write(request, refusal)
        return response
