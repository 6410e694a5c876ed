from django.apps import AppConfig


class CodesConfig(AppConfig):
    name = "wutong.kernel.codes"
    label = "codes"
