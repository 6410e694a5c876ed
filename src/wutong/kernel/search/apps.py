from django.apps import AppConfig


class SearchConfig(AppConfig):
    name = "wutong.kernel.search"
    label = "search"
