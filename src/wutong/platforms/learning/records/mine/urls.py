from django.urls import path

from wutong.platforms.learning.records.mine import sharing, views

urlpatterns = [
    path("mine/", views.mine, name="mine"),
    path("learners/", views.learners, name="learners"),
    path("people/<int:pk>/", views.record, name="person"),
    path("people/<int:pk>/look/", views.look, name="look"),
    path("people/<int:pk>/take/", views.take, name="take"),
    path("people/<int:pk>/hidden/", views.hidden, name="hidden"),
    path("people/<int:pk>/hide/<uuid:statement>/", views.hide_one, name="hide"),
    path("people/<int:pk>/show/<uuid:statement>/", views.show_one, name="show"),
    path("people/<int:pk>/entries/<uuid:statement>/", views.entry, name="entry"),
    path("people/<int:pk>/shares/", sharing.shares, name="shares"),
    path("shares/<int:pk>/stop/", sharing.stop, name="share_stop"),
    path("shared/<str:token>/", sharing.open_shared, name="shared"),
]
