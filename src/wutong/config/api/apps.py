from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "wutong.config.api"
    label = "api"
