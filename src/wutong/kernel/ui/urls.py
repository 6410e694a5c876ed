from django.urls import path

from wutong.kernel.ui import views

app_name = "ui"
urlpatterns = [
    path("preferences/", views.preferences, name="preferences"),
    path("ui/gallery/", views.gallery, name="gallery"),
]
