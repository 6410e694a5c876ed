"""Settings for the software that people put behind the centre, ready to be copied."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from wutong.centres.identity.applications.models import Application
from wutong.kernel.errors import Sentence

SECRET = "PUT-THE-SECRET-HERE"  # noqa: S105  # a place to fill in


@dataclass(frozen=True)
class Recipe:
    """`where` says into which file or page the text goes."""

    software: str
    where: Sentence
    text: str


def recipes(application: Application, centre: str) -> list[Recipe]:
    """Those that fit the ways in which the application signs people in."""
    found: list[Recipe] = []
    if Application.Grant.CAS in application.grants:
        found += _cas(centre, (application.service_prefixes or ["https://app.example.cn"])[0])
    if Application.Grant.CODE in application.grants:
        found += _openid(
            centre, application, (application.redirect_uris or ["https://app.example.cn/callback"])[0]
        )
    if Application.Grant.CREDENTIALS in application.grants:
        found.append(
            Recipe("curl", _("命令行"), CREDENTIALS.format(centre=centre, client=application.client_id))
        )
    return found


def _cas(centre: str, prefix: str) -> Iterator[Recipe]:
    path = "/" + prefix.partition("://")[2].partition("/")[2]
    host = centre.partition("://")[2].partition(":")[0]
    fill = {"centre": centre, "prefix": prefix, "path": path, "host": host}
    yield Recipe("Apache mod_auth_cas", _("虚拟主机配置"), MOD_AUTH_CAS.format(**fill))
    yield Recipe("Django (django-cas-ng)", "settings.py", DJANGO_CAS.format(**fill))
    yield Recipe("Spring Security", _("配置类"), SPRING_CAS.format(**fill))
    yield Recipe("Moodle", _("网站管理 › 插件 › 身份验证 › CAS 服务器"), MOODLE_CAS.format(**fill))


def _openid(centre: str, application: Application, redirect: str) -> Iterator[Recipe]:
    scopes = " ".join(application.scopes or ["openid"])
    site = "/".join(redirect.split("/")[:3])
    fill = {
        "centre": centre, "client": application.client_id, "redirect": redirect, "scopes": scopes, "secret": SECRET,
        "site": site,
    }  # fmt: skip
    yield Recipe("Apache mod_auth_openidc", _("虚拟主机配置"), MOD_AUTH_OPENIDC.format(**fill))
    yield Recipe("nginx + oauth2-proxy", "oauth2-proxy.cfg, nginx.conf", NGINX.format(**fill))
    yield Recipe("Django (mozilla-django-oidc)", "settings.py", DJANGO_OIDC.format(**fill))
    yield Recipe("Spring Boot", "application.yml", SPRING_OIDC.format(**fill))
    yield Recipe("Moodle", _("网站管理 › 服务器 › OAuth 2 服务"), MOODLE_OIDC.format(**fill))
    yield Recipe("Nextcloud (user_oidc)", _("命令行"), NEXTCLOUD.format(**fill))


MOD_AUTH_CAS = """CASLoginURL {centre}/cas/login
CASValidateURL {centre}/cas/p3/serviceValidate
CASCookiePath /var/cache/apache2/mod_auth_cas/
CASVersion 2
CASSSOEnabled On
CASAttributePrefix CAS-

<Location {path}>
  AuthType CAS
  CASAuthNHeader CAS-User
  CASScope {path}
  Require valid-user
</Location>
"""
DJANGO_CAS = """INSTALLED_APPS += ["django_cas_ng"]
MIDDLEWARE += ["django_cas_ng.middleware.CASMiddleware"]
AUTHENTICATION_BACKENDS = ["django_cas_ng.backends.CASBackend"]
CAS_SERVER_URL = "{centre}/cas/"
CAS_VERSION = "3"
# urls.py: django_cas_ng.views.LoginView and CallbackView below {prefix}
"""
SPRING_CAS = """ServiceProperties service = new ServiceProperties();
service.setService("{prefix}/login/cas");

CasAuthenticationEntryPoint entryPoint = new CasAuthenticationEntryPoint();
entryPoint.setLoginUrl("{centre}/cas/login");
entryPoint.setServiceProperties(service);

CasAuthenticationProvider provider = new CasAuthenticationProvider();
provider.setServiceProperties(service);
provider.setTicketValidator(new Cas30ServiceTicketValidator("{centre}/cas"));
provider.setKey("wutong");
"""
MOODLE_CAS = """Hostname: {host}
Base URI: cas/
CAS protocol version: CAS 2.0
Multi-authentication: No
Logout: Yes
"""
MOD_AUTH_OPENIDC = """OIDCProviderMetadataURL {centre}/.well-known/openid-configuration
OIDCClientID {client}
OIDCClientSecret {secret}
OIDCRedirectURI {redirect}
OIDCScope "{scopes}"
OIDCPKCEMethod S256
OIDCCryptoPassphrase "exec:/usr/bin/openssl rand -base64 32"

<Location />
  AuthType openid-connect
  Require valid-user
</Location>
"""
NGINX = """# oauth2-proxy.cfg
provider = "oidc"
oidc_issuer_url = "{centre}"
client_id = "{client}"
client_secret = "{secret}"
redirect_url = "{redirect}"
scope = "{scopes}"
code_challenge_method = "S256"
oidc_email_claim = "sub"
email_domains = ["*"]
reverse_proxy = true
set_xauthrequest = true

# nginx.conf, in the server that is guarded
location /oauth2/ {{ proxy_pass http://127.0.0.1:4180; proxy_set_header Host $host; }}
location = /oauth2/auth {{ internal; proxy_pass http://127.0.0.1:4180; proxy_pass_request_body off; }}
location / {{
  auth_request /oauth2/auth;
  error_page 401 = /oauth2/sign_in;
  auth_request_set $person $upstream_http_x_auth_request_user;
  proxy_set_header X-User $person;
  proxy_pass http://127.0.0.1:8080;
}}
"""
DJANGO_OIDC = """AUTHENTICATION_BACKENDS = ["mozilla_django_oidc.auth.OIDCAuthenticationBackend"]
OIDC_RP_CLIENT_ID = "{client}"
OIDC_RP_CLIENT_SECRET = "{secret}"
OIDC_RP_SIGN_ALGO = "RS256"
OIDC_RP_SCOPES = "{scopes}"
OIDC_USE_PKCE = True
# The addresses stand in {centre}/.well-known/openid-configuration
OIDC_OP_AUTHORIZATION_ENDPOINT = "{centre}/oauth/authorize"
OIDC_OP_TOKEN_ENDPOINT = "{centre}/oauth/token"
OIDC_OP_USER_ENDPOINT = "{centre}/oauth/userinfo"
OIDC_OP_JWKS_ENDPOINT = "{centre}/oauth/jwks"
"""
SPRING_OIDC = """spring:
  security:
    oauth2:
      client:
        registration:
          wutong:
            client-id: {client}
            client-secret: {secret}
            redirect-uri: {redirect}
            scope: {scopes}
        provider:
          wutong:
            issuer-uri: {centre}
# PKCE: OAuth2AuthorizationRequestCustomizers.withPkce() on the authorization request resolver
"""
MOODLE_OIDC = """Client ID: {client}
Client secret: {secret}
Service base URL: {centre}
Scopes included in a login request: {scopes}
"""
NEXTCLOUD = """occ user_oidc:provider wutong \\
  --clientid="{client}" --clientsecret="{secret}" \\
  --discoveryuri="{centre}/.well-known/openid-configuration" \\
  --scope="{scopes}" --unique-uid=0 --mapping-uid=sub
"""
CREDENTIALS = """curl -u "{client}:$SECRET" -d grant_type=client_credentials {centre}/oauth/token
"""
