from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "wutong.kernel.jobs"
    label = "jobs"
