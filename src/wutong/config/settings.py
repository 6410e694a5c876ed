"""Django's settings, derived from `options`. Nothing secret stands here."""

import os

from django.utils.translation import gettext_lazy as _

from wutong import __version__
from wutong.config.databases import databases
from wutong.config.logs import logging_of
from wutong.config.modules import MODULES
from wutong.config.options import read
from wutong.config.secret import secret_key

OPTION = read(os.environ)
# Pydantic would look for plugins in every installed package at each start; the house has none.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
VERSION = __version__
DATA_DIR = OPTION["data"].resolve()
DEBUG = OPTION["debug"]
SECRET_KEY = secret_key(DATA_DIR)
ALLOWED_HOSTS = OPTION["hosts"]
WUTONG_MODULES = MODULES

INSTALLED_APPS = [
    "wutong.config.apps.WutongConfig",
    "wutong.config.api",
    *[
        f"wutong.kernel.{piece}"
        for piece in (
            "people", "audit", "event", "jobs", "codes", "files", "search",
            "notice", "register", "process", "casework", "indicator", "ui",
        )
    ],
    *MODULES,
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "template_partials",
]  # fmt: skip

MIDDLEWARE = [
    "wutong.kernel.ui.middleware.RequestNumberMiddleware",
    "wutong.config.metrics.MeasureMiddleware",
    "wutong.platforms.learning.records.door.middleware.XapiMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "wutong.centres.identity.openid.middleware.OpenIDMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "wutong.centres.identity.accounts.middleware.BrowserSessionMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "wutong.kernel.ui.middleware.ActorMiddleware",
    "wutong.kernel.ui.middleware.ReadOnlyMiddleware",
    "wutong.kernel.ui.problems.ProblemMiddleware",
]

ROOT_URLCONF = "wutong.config.urls"
WSGI_APPLICATION = "wutong.config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "wutong.kernel.ui.context.prefs",
                "wutong.config.shell.shell",
            ],
        },
    }
]

DATABASES = databases(OPTION["database"], DATA_DIR)
DATABASE_ROUTERS = ["wutong.config.databases.Router"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "wutong_cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("中文")), ("en", _("英文"))]
LOCALE_PATHS = [os.path.join(os.path.dirname(os.path.dirname(__file__)), "locale")]
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True
FORMAT_MODULE_PATH = "wutong.config.formats"

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": DATA_DIR / "files", "file_permissions_mode": 0o600},
    },
    "staticfiles": {"BACKEND": "wutong.config.static.Storage"},
}
WHITENOISE_USE_FINDERS = False
FILE_UPLOAD_TEMP_DIR = None
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 2**20

AUTH_USER_MODEL = "accounts.Account"
AUTHENTICATION_BACKENDS = ["wutong.centres.identity.accounts.arrival.Backend"]
PASSWORD_HASHERS = ["wutong.centres.identity.accounts.hashing.Hasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "/accounts/login/"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "wutong.centres.identity.accounts.adapter.Adapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_USER_MODEL_EMAIL_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_REDIRECT_URL = "/accounts/login/"
ACCOUNT_PRESERVE_USERNAME_CASING = False
# A school stands behind one address: what guards an account is counted for the account.
ACCOUNT_RATE_LIMITS = {
    "login": None,  # by `accounts.throttle`, like failures by address
    "login_failed": "5/5m/key",
    "activate": "120/m/ip",
    "badge": "240/m/ip",
    "send_code": "60/h/ip,1/m/key,5/h/key",
}
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_REAUTHENTICATION_REQUIRED = True
# RFC 6238, 5.2: a code that was typed while the next one began is still good.
MFA_TOTP_TOLERANCE = 1
MFA_ADAPTER = "wutong.centres.identity.accounts.factors.Adapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Wutong"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not OPTION["https"]  # browsers allow it for localhost alone
ALLAUTH_TRUSTED_PROXY_COUNT = OPTION["proxies"]
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

SESSION_ENGINE = "wutong.centres.identity.accounts.arrival"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = OPTION["https"]
LANGUAGE_COOKIE_SAMESITE = "Lax"
SECURE_HSTS_SECONDS = 31_536_000 if OPTION["https"] else 0
SECURE_SSL_REDIRECT = False
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if OPTION["proxies"] else None
CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in OPTION["hosts"]] if OPTION["https"] else []
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "object-src": ["'none'"],
        "frame-ancestors": ["'none'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
    }
}

LOGGING = logging_of(OPTION["log"])
