from django.urls import path

from wutong.platforms.governance.portal import views

app_name = "portal"
urlpatterns = [path("", views.home, name="home")]
