from django.urls import path

from wutong.kernel.process import views

app_name = "process"
urlpatterns = [
    path("", views.inbox, name="inbox"),
    path("progress/", views.progress, name="progress"),
    path("<str:number>/", views.case, name="case"),
    path("<str:number>/delegate/", views.hand_over, name="delegate"),
    path("<str:number>/<slug:name>/", views.step, name="step"),
]
