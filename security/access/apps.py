from django.apps import AppConfig
from django.db.models.signals import m2m_changed, post_delete, post_migrate, post_save, pre_delete


class AccessConfig(AppConfig):
    """The one place with signals: Django's own tables are written by doors that are not ours (its admin, its forms)."""

    name = "security.access"
    label = "access"
    verbose_name = "People and access"

    def ready(self) -> None:
        from django.contrib.auth.models import Group
        from django.contrib.auth.signals import user_logged_out

        from security.access import receivers, schema  # noqa: F401 - the schema registers itself
        from security.access.models import User

        post_migrate.connect(receivers.seed_roles, dispatch_uid="access.seed_roles")
        m2m_changed.connect(receivers.roles_changed, sender=User.groups.through)
        m2m_changed.connect(receivers.permissions_changed, sender=User.user_permissions.through)
        m2m_changed.connect(receivers.group_permissions_changed, sender=Group.permissions.through)
        pre_delete.connect(receivers.group_deleted, sender=Group)
        post_save.connect(receivers.user_saved, sender=User)
        post_delete.connect(receivers.user_deleted, sender=User)
        user_logged_out.connect(receivers.logged_out)
