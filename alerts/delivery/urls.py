"""Addresses of this room that people answer at: the link in a message, and the calls of Slack and Twilio; the page of channels."""

from django.urls import path

from alerts.delivery import views
from alerts.delivery.answers import page, slack, twilio

app_name = "delivery"
urlpatterns = [
    path("alerts/answers/slack/<slug:slug>", slack.interactivity, name="slack_interactivity"),
    path("alerts/answers/twilio/<slug:slug>", twilio.inbound, name="twilio_inbound"),
    path("alerts/answers/twilio/<slug:slug>/status", twilio.status, name="twilio_status"),
    path("alerts/answers/<str:token>", page.answer, name="answer"),
    path("channels/", views.channels, name="channels"),
    path("channels/reset/", views.circuit_reset, name="circuit-reset"),
    path("channels/<slug:slug>/test/", views.channel_test, name="channel-test"),
]
