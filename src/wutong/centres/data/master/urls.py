from django.urls import path

from wutong.centres.data.master import merging, views
from wutong.centres.data.master.change import views as change

app_name = "master"
urlpatterns = [
    path("master/numbers/<int:pk>/", views.reveal, name="reveal"),
    path("master/persons/<int:pk>/merge/", merging.merge, name="merge"),
    path("master/merges/<int:pk>/undo/", merging.unmerge, name="unmerge"),
    path("master/change/", change.start, name="change_start"),
    path("master/change/<int:pk>/", change.revise, name="change_revise"),
]
