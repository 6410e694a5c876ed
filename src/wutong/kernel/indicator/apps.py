from django.apps import AppConfig


class IndicatorConfig(AppConfig):
    name = "wutong.kernel.indicator"
    label = "indicator"
