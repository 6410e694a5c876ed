from django.urls import path

from wutong.kernel.notice import views

app_name = "notice"
urlpatterns = [
    path("", views.index, name="index"),
    path("new/", views.new, name="new"),
    path("<int:pk>/", views.detail, name="detail"),
    path("<int:pk>/read/", views.read, name="read"),
    path("<int:pk>/receipt/", views.receipt, name="receipt"),
    path("<int:pk>/withdraw/", views.take_back, name="withdraw"),
    path("<int:pk>/readers/", views.readers, name="readers"),
]
