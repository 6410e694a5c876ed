"""Addresses that programs call, and what answers there."""

from wutong.centres.identity.openid.endpoints.answers import Endpoint
from wutong.centres.identity.openid.endpoints.asking import device_authorization, par
from wutong.centres.identity.openid.endpoints.description import description
from wutong.centres.identity.openid.endpoints.discovery import configuration, jwks
from wutong.centres.identity.openid.endpoints.introspection import introspect, revoke
from wutong.centres.identity.openid.endpoints.token import token
from wutong.centres.identity.openid.endpoints.userinfo import userinfo

BY_PATH: dict[str, Endpoint] = {
    "/.well-known/openid-configuration": configuration,
    "/.well-known/oauth-authorization-server": configuration,
    "/oauth/jwks": jwks,
    "/oauth/openapi.json": description,
    "/oauth/token": token,
    "/oauth/userinfo": userinfo,
    "/oauth/introspect": introspect,
    "/oauth/revoke": revoke,
    "/oauth/par": par,
    "/oauth/device_authorization": device_authorization,
}
