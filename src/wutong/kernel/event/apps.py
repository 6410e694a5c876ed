from django.apps import AppConfig


class EventConfig(AppConfig):
    name = "wutong.kernel.event"
    label = "event"
