from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "wutong.kernel.people"
    label = "people"
