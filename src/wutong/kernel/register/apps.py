from django.apps import AppConfig


class RegisterConfig(AppConfig):
    name = "wutong.kernel.register"
    label = "register"
