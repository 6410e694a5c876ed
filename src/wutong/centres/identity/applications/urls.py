from django.urls import path

from wutong.centres.identity.applications import pages

app_name = "applications"
urlpatterns = [
    path("applications/", pages.index, name="index"),
    path("applications/new/", pages.new, name="new"),
    path("applications/<slug:client_id>/", pages.detail, name="detail"),
    path("applications/<slug:client_id>/edit/", pages.edit, name="edit"),
    path("applications/<slug:client_id>/secrets/", pages.secrets, name="secrets"),
    path("applications/<slug:client_id>/act/", pages.act, name="act"),
    path("applications/<slug:client_id>/settings/", pages.settings, name="settings"),
]
