"""Every address of the site; each app brings its own."""

from allauth.account import views as account
from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path, register_converter
from django.urls.converters import StringConverter

from config import health, problem_types


class Base36(StringConverter):
    """A user's key in a mail. It holds no hyphen, and the key behind it does."""

    regex = "[0-9A-Za-z]+"


register_converter(Base36, "base36")

# The admin's own log-in would count no failures and ask for no second factor.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
admin.site.site_header = "Rackline administration"
admin.site.site_title = "Rackline administration"

handler400 = "config.problems.bad_request"
handler403 = "config.problems.permission_denied"
handler404 = "config.problems.page_not_found"
handler500 = "config.problems.server_error"

account_patterns: list[URLPattern | URLResolver] = [
    path("login/", account.login, name="account_login"),
    path("logout/", account.logout, name="account_logout"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    path("password/", account.password_change, name="account_change_password"),
    path(
        "password/reset/",
        account.password_reset,
        name="account_reset_password",
    ),
    path(
        "password/reset/sent/",
        account.password_reset_done,
        name="account_reset_password_done",
    ),
    path(
        "password/reset/<base36:uidb36>-<key>/",
        account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path(
        "password/reset/done/",
        account.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    path("2fa/", include("allauth.mfa.urls")),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("accounts/", include(account_patterns)),
    path("admin/", admin.site.urls),
    path("api/v1/problems", problem_types.problem_pages, name="api-problems"),
    path("api/v1/problems/<slug:code>", problem_types.problem_page, name="api-problem"),
    path("api/v1/", include("scheduling.api.urls")),
    path("", include("scheduling.web.urls")),
    path("", include("suppliers.web.urls")),
    path("", include("factory.web.urls")),
]
