from django.urls import path

from wutong.platforms.learning.records.browser import views

urlpatterns = [
    path("stores/", views.stores, name="stores"),
    path("stores/<int:pk>/", views.store, name="store"),
    path("stores/<int:pk>/test/", views.test, name="store_test"),
    path("stores/<int:pk>/<uuid:id>/", views.statement, name="statement"),
]
