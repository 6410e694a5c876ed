from django.urls import path

from wutong.centres.data.master import views

app_name = "master"
urlpatterns = [path("master/numbers/<int:pk>/", views.reveal, name="reveal")]
