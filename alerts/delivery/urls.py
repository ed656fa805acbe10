"""Addresses of this room that people answer at: the link in a message, and the calls of Slack and Twilio."""

from django.urls import path

from alerts.delivery.answers import page, slack, twilio

app_name = "delivery"
urlpatterns = [
    path("alerts/answers/slack/<slug:slug>", slack.interactivity, name="slack_interactivity"),
    path("alerts/answers/twilio/<slug:slug>", twilio.inbound, name="twilio_inbound"),
    path("alerts/answers/twilio/<slug:slug>/status", twilio.status, name="twilio_status"),
    path("alerts/answers/<str:token>", page.answer, name="answer"),
]
