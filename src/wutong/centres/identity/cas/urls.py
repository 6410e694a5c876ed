from django.urls import path

from wutong.centres.identity.cas import trial, views

app_name = "cas"
urlpatterns = [
    path("cas/login", views.login, name="login"),
    path("cas/logout", views.logout, name="logout"),
    path("cas/validate", views.validate, name="validate"),
    path("cas/serviceValidate", views.service_validate, name="service_validate"),
    path("cas/proxyValidate", views.proxy_validate, name="proxy_validate"),
    path("cas/p3/serviceValidate", views.p3_service_validate, name="p3_service_validate"),
    path("cas/p3/proxyValidate", views.p3_proxy_validate, name="p3_proxy_validate"),
    path("cas/proxy", views.proxy, name="proxy"),
    path("cas/openapi.json", views.description, name="openapi"),
    path("cas/try/<slug:client_id>/", trial.trial, name="try"),
]
