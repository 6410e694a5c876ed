from django.urls import path

from wutong.centres.data.standards import views

app_name = "standards"
urlpatterns = [
    path("standards/", views.index, name="index"),
    path("standards/<slug:name>/", views.detail, name="detail"),
]
