from django.urls import include, path

from wutong.platforms.learning.records import views

app_name = "records"
urlpatterns = [
    path("records/", include("wutong.platforms.learning.records.mine.urls")),
    path("records/", include("wutong.platforms.learning.records.browser.urls")),
    path("records/", include("wutong.platforms.learning.records.forwarding.urls")),
    path("records/keys/", views.index, name="keys"),
    path("records/keys/new/", views.new, name="key_new"),
    path("records/keys/<int:pk>/", views.detail, name="key"),
    path("records/keys/<int:pk>/revoke/", views.revoke, name="key_revoke"),
    path("records/keys/<int:pk>/test/", views.try_out, name="key_test"),
]
