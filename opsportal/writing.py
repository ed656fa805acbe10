"""What the writes of all rooms share: clean models, changed fields, free slugs, who did it, and errors by field."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.text import slugify
from rest_framework.request import Request

Person = AbstractBaseUser | None


def person_of(request: HttpRequest | Request) -> Person:
    """Who asks, for the `by` of an action; None for somebody who is not logged in."""
    return request.user if request.user.is_authenticated else None


def by_field(error: ValidationError) -> dict[str, list[str]]:
    """Messages by field name; "name: words" of a constraint counts for that field, the rest stands under `__all__`."""
    if not hasattr(error, "error_dict"):
        return {"__all__": list(error.messages)}
    found: dict[str, list[str]] = {}
    for name, words in error.message_dict.items():
        for word in words:
            field, colon, rest = word.partition(": ") if name == "__all__" else ("", "", word)
            named = bool(colon) and field.isidentifier()
            found.setdefault(field if named else name, []).append(rest if named else word)
    return found


def validate(item: Model, more: ValidationError | None = None, exclude: Iterable[str] = ()) -> None:
    """full_clean, with every message under the field it is about; `more` joins what was found before."""
    errors = by_field(more) if more else {}
    try:
        item.full_clean(exclude=set(exclude))
    except ValidationError as error:
        errors = by_field(error) | errors
    if errors:
        raise ValidationError({name: list(words) for name, words in errors.items()})


def assign(item: Model, values: Mapping[str, Any]) -> list[str]:
    """Set `values` on a model; the names of those that differ from what was there."""
    changed = [name for name, value in values.items() if getattr(item, name, None) != value]
    for name in changed:
        setattr(item, name, values[name])
    return changed


def free_slug(wanted: str, taken: QuerySet[Any], fallback: str) -> str:
    """A slug made of `wanted` that nothing in `taken` has."""
    base = slugify(wanted)[:110] or fallback
    used = set(taken.filter(slug__startswith=base).values_list("slug", flat=True))
    slug, number = base, 2
    while slug in used:
        slug, number = f"{base}-{number}", number + 1
    return slug
