from django.apps import AppConfig
from django.db.models.signals import m2m_changed, post_migrate


class AccessConfig(AppConfig):
    name = "security.access"
    label = "access"
    verbose_name = "People and access"

    def ready(self) -> None:
        from security.access import receivers
        from security.access.models import User

        post_migrate.connect(receivers.seed_roles, dispatch_uid="access.seed_roles")
        m2m_changed.connect(receivers.follow_roles, sender=User.groups.through, dispatch_uid="access.follow_roles")
