from django.urls import path

from wutong.kernel.register import pages, sheets

app_name = "register"
urlpatterns = [
    path("imports/<int:pk>/", sheets.run, name="run"),
    path("imports/<int:pk>/load/", sheets.load, name="load"),
    path("imports/<int:pk>/drop/", sheets.drop, name="drop"),
    path("imports/<int:pk>/errors.csv", sheets.errors, name="errors"),
    path("<slug:name>/", pages.index, name="index"),
    path("<slug:name>/new/", pages.edit, name="new"),
    path("<slug:name>/import/", sheets.upload, name="upload"),
    path("<slug:name>/template.xlsx", sheets.template, name="template"),
    path("<slug:name>/export.<slug:kind>", pages.export, name="export"),
    path("<slug:name>/<int:pk>/", pages.detail, name="detail"),
    path("<slug:name>/<int:pk>/edit/", pages.edit, name="edit"),
    path("<slug:name>/<int:pk>/history/", pages.history, name="history"),
]
