from django.apps import AppConfig


class CaseworkConfig(AppConfig):
    name = "wutong.kernel.casework"
    label = "casework"
