"""Who may do what through the API: Django's model permissions, looking included."""

from typing import TYPE_CHECKING, Any

from rest_framework.permissions import BasePermission, DjangoModelPermissions
from rest_framework.request import Request

if TYPE_CHECKING:  # rest_framework.views itself imports this module, through the settings
    from rest_framework.views import APIView

VIEW = ["%(app_label)s.view_%(model_name)s"]


class ModelPermissions(DjangoModelPermissions):
    """GET needs the view permission; POST add; PUT and PATCH change; DELETE delete."""

    perms_map = DjangoModelPermissions.perms_map | {"GET": VIEW, "HEAD": VIEW, "OPTIONS": VIEW}


def requires(permission: str) -> type[BasePermission]:
    """A permission class for one action: `permission_classes=[IsAuthenticated, requires("checks.run_check")]`."""

    class Requires(BasePermission):
        message = f"This needs the permission {permission}."

        def has_permission(self, request: Request, view: "APIView") -> bool:
            person: Any = request.user
            return bool(person and person.is_authenticated and person.has_perm(permission))

    return Requires
