from django.urls import path

from wutong.kernel.process import public, views

app_name = "process"
urlpatterns = [
    path("inbox/", views.inbox, name="inbox"),
    path("inbox/progress/", public.progress, name="progress"),
    path("inbox/<str:number>/", views.case, name="case"),
    path("inbox/<str:number>/delegate/", views.hand_over, name="delegate"),
    path("inbox/<str:number>/receipt/", views.receipt, name="receipt"),
    path("inbox/<str:number>/objections/<int:pk>/", views.decide, name="decide"),
    path("inbox/<str:number>/<slug:name>/", views.step, name="step"),
    path("announced/", public.notices, name="notices"),
    path("announced/<str:number>/", public.announced, name="announced"),
    path("verify/", public.verify, name="verify"),
    path("verify/<str:number>/<str:code>/", public.verify, name="verify_code"),
]
