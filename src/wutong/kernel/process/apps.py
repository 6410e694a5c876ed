from django.apps import AppConfig


class ProcessConfig(AppConfig):
    name = "wutong.kernel.process"
    label = "process"
