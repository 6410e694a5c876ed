from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "wutong.kernel.api"
    label = "api"
