"""Addresses of this room's pages, under /oncall/."""

from django.urls import path

from alerts.oncall.views import changes, feeds, schedules

app_name = "oncall"
urlpatterns = [
    path("", schedules.schedules, name="schedules"),
    path("my-shifts.ics", feeds.my_shifts_ics, name="my-shifts-ics"),
    path("my-shifts/feed/", feeds.feed_create, name="my-feed"),
    path("my-shifts/feed/revoke/", feeds.feed_revoke, name="my-feed-revoke"),
    path("<slug:slug>.ics", feeds.schedule_ics, name="schedule-ics"),
    path("<slug:slug>/", schedules.schedule, name="schedule"),
    path("<slug:slug>/override/", changes.override_add, name="override-add"),
    path("<slug:slug>/override/<int:override_id>/delete/", changes.override_delete, name="override-delete"),
    path("<slug:slug>/swap/", changes.swap, name="swap"),
    path("<slug:slug>/import/", changes.import_preview, name="import"),
    path("<slug:slug>/import/apply/", changes.import_apply, name="import-apply"),
    path("<slug:slug>/feed/", feeds.feed_create, name="feed"),
    path("<slug:slug>/feed/revoke/", feeds.feed_revoke, name="feed-revoke"),
]
