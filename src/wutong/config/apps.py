from django.apps import AppConfig
from django.conf import settings

from wutong.kernel.module import REGISTRY


class WutongConfig(AppConfig):
    name = "wutong.config"
    label = "wutong"

    def ready(self) -> None:
        """Fills the registry: a module that is wrong stops the start, with its name."""
        from wutong.config.kernel import KERNEL  # noqa: PLC0415  # its models exist only now

        REGISTRY.fill(KERNEL, settings.WUTONG_MODULES)
