"""Log-in and the pages around it."""

from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import PasswordChangeForm
from django.contrib.auth.views import LoginView, PasswordChangeView
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse, reverse_lazy

from security.access.forms import LoginForm


class Login(LoginView):
    template_name = "access/login.html"
    authentication_form = LoginForm
    redirect_authenticated_user = True

    def form_invalid(self, form: LoginForm) -> HttpResponse:  # type: ignore[override] # it is always ours
        response = super().form_invalid(form)
        if form.wait_s:
            response.status_code = 429
            response["Retry-After"] = str(form.wait_s)
        return response


class PasswordChange(PasswordChangeView):
    """Ends every other log-in of this person, because sessions carry a hash of the password."""

    template_name = "access/password_change.html"
    success_url = reverse_lazy("access:password_change")

    def form_valid(self, form: PasswordChangeForm) -> HttpResponse:
        messages.success(self.request, "Your password is changed. Your other log-ins have ended.")
        return super().form_valid(form)


@login_not_required
def admin_login(request: HttpRequest) -> HttpResponse:
    """The admin has no log-in of its own: whoever is known and still sent here may not open it."""
    target = request.GET.get("next", reverse("admin:index"))
    if not request.user.is_authenticated:
        return redirect(f"{reverse('access:login')}?{urlencode({'next': target})}")
    if not request.user.is_staff:
        raise PermissionDenied
    return redirect("admin:index")
