from django.apps import AppConfig


class NoticeConfig(AppConfig):
    name = "wutong.kernel.notice"
    label = "notice"
