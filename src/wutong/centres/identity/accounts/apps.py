from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "wutong.centres.identity.accounts"

    def ready(self) -> None:
        from wutong.centres.identity.accounts.signals import connect  # noqa: PLC0415  # models exist by now

        connect()
