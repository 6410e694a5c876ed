from django.urls import path

from wutong.centres.identity.openid.endpoints.routes import BY_PATH
from wutong.centres.identity.openid.pages import authorize, device, logout, mine, trial

app_name = "openid"

# Programs are answered by the middleware, before this list is read; the lines below give their addresses names.
urlpatterns = [
    path("oauth/authorize", authorize.authorize, name="authorize"),
    path("oauth/consent", authorize.consent, name="consent"),
    path("oauth/device", device.device, name="device"),
    path("oauth/logout", logout.logout, name="logout"),
    path("oauth/leave", logout.leave, name="leave"),
    path("oauth/applications/", mine.mine, name="mine"),
    path("oauth/try/<slug:client_id>/", trial.trial, name="try"),
    *[path(place[1:], view, name=place.rsplit("/", 1)[-1]) for place, view in BY_PATH.items()],
]
