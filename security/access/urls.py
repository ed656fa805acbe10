"""Addresses of this room."""

from django.contrib.auth.views import LogoutView
from django.urls import path

from security.access import views

app_name = "access"
urlpatterns = [
    path("login/", views.Login.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("password/", views.PasswordChange.as_view(), name="password_change"),
    path("admin/login/", views.admin_login, name="admin_login"),
]
