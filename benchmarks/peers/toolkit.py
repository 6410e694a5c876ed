"""django-oauth-toolkit as it ships: run it to make the tables and two clients, or serve `application`."""

import json
import os
from urllib.parse import urlsplit

import django
from django.conf import settings
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.urls import include, path

parts = urlsplit(os.environ["PEER_DATABASE"])
settings.configure(
    SECRET_KEY="of the benchmark",
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    USE_TZ=True,
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "oauth2_provider"],
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
    ],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql", "NAME": parts.path[1:], "USER": parts.username,
            "HOST": parts.hostname, "PORT": parts.port, "CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True,
        }
    },
    OAUTH2_PROVIDER={"SCOPES": {"read": "Reading"}},
)  # fmt: skip
application = get_wsgi_application()
urlpatterns = [path("o/", include("oauth2_provider.urls", namespace="oauth2_provider"))]


def main() -> None:
    from oauth2_provider.models import get_application_model  # noqa: PLC0415  # models exist only after the set-up

    call_command("migrate", verbosity=0)
    forms = []
    for hashed in (True, False):
        values = {"client_type": "confidential", "authorization_grant_type": "client-credentials"}
        made = get_application_model()(name=f"hashed {hashed}", hash_client_secret=hashed, **values)
        proof = {"client_id": made.client_id, "client_secret": made.client_secret}
        made.save()
        forms.append({**proof, "grant_type": "client_credentials", "scope": "read"})
    print(json.dumps(forms))


if __name__ == "__main__":
    django.setup()
    main()
