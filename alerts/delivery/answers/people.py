"""Who is behind an address that answers."""

from alerts.delivery.models import Channel, ContactMethod


def contacts_at(channel: Channel, address: str) -> list[ContactMethod]:
    """Contacts with this address on this channel, proven or not, those of active people only."""
    found = ContactMethod.objects.filter(channel=channel, address=address, user__is_active=True)
    return list(found.select_related("user").order_by("id"))


def proven(contacts: list[ContactMethod]) -> list[ContactMethod]:
    """Those whose owner has shown that the address is theirs: only they may act."""
    return [contact for contact in contacts if contact.enabled and contact.verified_at is not None]
