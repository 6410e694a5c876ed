from django.apps import AppConfig


class UiConfig(AppConfig):
    name = "wutong.kernel.ui"
    label = "ui"
