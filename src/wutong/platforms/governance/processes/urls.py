from django.urls import path

from wutong.platforms.governance.processes import views

app_name = "processes"
urlpatterns = [
    path("processes/", views.index, name="index"),
    path("processes/<slug:name>/", views.ways, name="ways"),
    path("processes/<slug:name>/rules/", views.rules, name="rules"),
    path("processes/<slug:name>/rules/<int:year>/<int:office>/", views.settling, name="settle"),
    path("processes/<slug:name>/log.<slug:kind>", views.export, name="log"),
    path("processes/<slug:name>/process.bpmn", views.drawing, name="bpmn"),
]
