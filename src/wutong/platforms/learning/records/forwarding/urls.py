from django.urls import path

from wutong.platforms.learning.records.forwarding import views

urlpatterns = [
    path("forwards/", views.index, name="forwards"),
    path("forwards/new/", views.new, name="forward_new"),
    path("forwards/<int:pk>/", views.detail, name="forward"),
    path("forwards/<int:pk>/stop/", views.stop, name="forward_stop"),
    path("forwards/<int:pk>/resume/", views.resume, name="forward_resume"),
]
