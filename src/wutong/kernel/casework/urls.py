from django.urls import path

from wutong.kernel.casework import public, views
from wutong.kernel.casework.together import together

# Addresses are named after what they show, a case of a process: `process:case`.
app_name = "process"
urlpatterns = [
    path("inbox/", views.inbox, name="inbox"),
    path("inbox/progress/", public.progress, name="progress"),
    path("inbox/batch/<slug:process>/<slug:state>/", together, name="batch"),
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
