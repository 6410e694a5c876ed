from django.urls import path

from wutong.kernel.indicator import views

app_name = "indicator"
urlpatterns = [
    path("", views.index, name="index"),
    path("<str:name>/", views.detail, name="detail"),
    path("<str:name>/csv/", views.download, name="download"),
]
