from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "wutong.kernel.audit"
    label = "audit"
