"""Addresses of this room's pages."""

from django.urls import path

from alerts.incidents.views import deliveries, incident, incidents, silences

app_name = "incidents"
urlpatterns = [
    path("incidents/", incidents.incidents, name="incidents"),
    path("incidents/count.json", incidents.count, name="count"),
    path("incidents/act/", incidents.act, name="act"),
    path("incidents/<int:incident_id>/", incident.incident, name="incident"),
    path("incidents/<int:incident_id>/act/", incident.act, name="incident-act"),
    path("incidents/<int:incident_id>/ack/", incident.ack, name="ack"),
    path("silences/", silences.silences, name="silences"),
    path("silences/new/", silences.silence_new, name="silence-new"),
    path("silences/preview/", silences.preview, name="silence-preview"),
    path("silences/<uuid:uuid>/", silences.silence, name="silence"),
    path("silences/<uuid:uuid>/expire/", silences.expire, name="silence-expire"),
    path("deliveries/", deliveries.deliveries, name="deliveries"),
    path("deliveries/<int:delivery_id>/", deliveries.delivery, name="delivery"),
    path("deliveries/export.<slug:form>", deliveries.export, name="deliveries-export"),
]
