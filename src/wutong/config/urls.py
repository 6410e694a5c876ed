"""Addresses: what every house has, then what each module adds."""

from django.contrib.auth.decorators import login_not_required
from django.urls import include, path
from django.views.i18n import set_language

from wutong.config.health import healthz, readyz
from wutong.config.metrics import metrics
from wutong.kernel.module import REGISTRY

urlpatterns = [
    path("healthz", healthz),
    path("readyz", readyz),
    path("metrics", metrics),
    path("i18n/setlang/", login_not_required(set_language), name="set_language"),
    path("", include("wutong.kernel.ui.urls")),
    path("", include("wutong.kernel.casework.urls")),
    path("notices/", include("wutong.kernel.notice.urls")),
    path("search/", include("wutong.kernel.search.urls")),
    path("api/", include("wutong.config.api.urls")),
    path("registers/", include("wutong.kernel.register.urls")),
    path("indicators/", include("wutong.kernel.indicator.urls")),
    path("files/", include("wutong.kernel.files.urls")),
    *[path("", include(module.urls)) for module in REGISTRY if module.urls],
]

handler400 = "wutong.kernel.ui.problems.bad_request"
handler403 = "wutong.kernel.ui.problems.not_allowed"
handler404 = "wutong.kernel.ui.problems.not_found"
handler500 = "wutong.kernel.ui.problems.server_error"
