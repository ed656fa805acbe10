"""Addresses of a person's own pages of this room, under /me/."""

from django.urls import path

from alerts.oncall.views import me

app_name = "me"
urlpatterns = [
    path("notifications/", me.notifications, name="notifications"),
    path("notifications/contacts/", me.contact_add, name="contact-add"),
    path("notifications/contacts/<int:contact_id>/<slug:act>/", me.contact_act, name="contact-act"),
    path("notifications/rules/<slug:urgency>/", me.rules, name="rules"),
    path("notifications/quiet-hours/", me.quiet_hours, name="quiet-hours"),
]
