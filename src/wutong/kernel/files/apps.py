from django.apps import AppConfig


class FilesConfig(AppConfig):
    name = "wutong.kernel.files"
    label = "files"
