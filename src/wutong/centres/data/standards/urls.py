from django.urls import path

from wutong.centres.data.standards import views

app_name = "standards"
urlpatterns = [
    path("standards/", views.index, name="index"),
    path("standards/<slug:name>/", views.detail, name="detail"),
    path("api/v1/codes/", views.index_json, name="index_json"),
    path("api/v1/codes/<slug:name>/", views.detail_json, name="detail_json"),
    path("api/v1/codes/<slug:name>.csv", views.detail_csv, name="detail_csv"),
]
