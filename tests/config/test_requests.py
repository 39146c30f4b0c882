"""What every request passes, and the shape of refusals."""

import pytest
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import HttpResponse
from django.test import override_settings
from django.urls import path
from django.views.decorators.http import require_POST
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, Throttled, ValidationError
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.views import APIView

from config import urls
from config.api import problem_from_exception


def broken(request):
    """Fail as only a bug does."""
    raise ZeroDivisionError


def refused(request):
    """Refuse."""
    raise PermissionDenied


def suspicious(request):
    """Meet something that Django takes for an attack."""
    raise SuspiciousOperation


def page_with_nonce(request):
    """Use the request's nonce in a page."""
    return HttpResponse(str(request.csp_nonce))


def inner_page(request):
    """Declare nothing about who may see this."""
    return HttpResponse("for people who are logged in")


class Undeclared(APIView):
    """Forget to declare a permission."""

    def get(self, request):
        """Answer what nobody should see."""
        return Response({"secret": 1})


class Rows(serializers.Serializer):
    """Two values with limits."""

    quantity = serializers.IntegerField(min_value=1)
    name = serializers.CharField()


class Intake(APIView):
    """Take rows, or fail as asked."""

    permission_classes = [AllowAny]

    def post(self, request):
        """Validate a list of rows."""
        rows = Rows(data=request.data, many=True)
        rows.is_valid(raise_exception=True)
        return Response({})

    def get(self, request):
        """Be too busy."""
        raise Throttled(wait=7)


@require_POST
def form_only(request):
    """Take a form and show nothing."""
    return HttpResponse("taken")


open_views = {
    "form": form_only,
    "broken": broken,
    "refused": refused,
    "suspicious": suspicious,
    "nonce": page_with_nonce,
}
urlpatterns = [
    *urls.urlpatterns,
    *(
        path(f"{prefix}{name}", login_not_required(view))
        for prefix in ("", "api/v1/")
        for name, view in open_views.items()
    ),
    path("api/v1/undeclared", Undeclared.as_view()),
    path("api/v1/intake", Intake.as_view()),
    path("inner", inner_page),
]
handler400 = urls.handler400
handler403 = urls.handler403
handler404 = urls.handler404
handler500 = urls.handler500

pytestmark = pytest.mark.urls(__name__)


@pytest.fixture
def client(client):
    """Return answers also where a view fails."""
    client.raise_request_exception = False
    return client


def test_each_request_gets_an_id(client):
    first = client.get("/healthz")["X-Request-ID"]
    second = client.get("/healthz")["X-Request-ID"]

    assert len(first) == 32
    assert first != second


def test_a_plain_id_of_the_caller_is_kept(client):
    answer = client.get("/healthz", headers={"X-Request-ID": "erp-2026.11_000017"})

    assert answer["X-Request-ID"] == "erp-2026.11_000017"


@pytest.mark.parametrize("given", ["short", "with a space", "x" * 65, "ünïcode8"])
def test_an_id_that_could_spoil_a_log_is_replaced(client, given):
    answer = client.get("/healthz", headers={"X-Request-ID": given})

    assert answer["X-Request-ID"] != given
    assert len(answer["X-Request-ID"]) == 32


def test_answers_carry_the_headers_of_a_safe_site(client):
    answer = client.get("/nonce")

    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer["Cache-Control"] == "private, no-cache"
    assert "camera=()" in answer["Permissions-Policy"]


def test_scripts_and_styles_are_our_own_or_bear_the_nonce(client):
    answer = client.get("/nonce")

    nonce = answer.content.decode()
    policy = dict(
        part.strip().split(" ", 1)
        for part in answer["Content-Security-Policy"].split(";")
    )
    assert policy == {
        "default-src": "'self'",
        "script-src": f"'self' 'nonce-{nonce}'",
        "style-src": f"'self' 'nonce-{nonce}'",
        "img-src": "'self' data:",
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }


@pytest.mark.parametrize(
    ("name", "status", "code"),
    [
        ("nowhere", 404, "not_found"),
        ("suspicious", 400, "bad_request"),
        ("refused", 403, "permission_denied"),
        ("broken", 500, "server_error"),
    ],
)
def test_the_api_answers_errors_as_problems(client, name, status, code):
    answer = client.get(f"/api/v1/{name}", headers={"X-Request-ID": "request-17"})

    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == code
    assert answer.json()["status"] == status
    assert answer.json()["type"] == f"/api/v1/problems/{code}"
    assert answer.json()["request_id"] == "request-17"


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("suspicious", 400),
        ("refused", 403),
        ("nowhere", 404),
        ("form", 405),
        ("broken", 500),
    ],
)
def test_a_browser_gets_a_page_with_a_way_on(client, name, status):
    answer = client.get(f"/{name}")

    assert answer.status_code == status
    assert answer["Content-Type"].startswith("text/html")
    assert 'href="/">Go to your first page' in answer.content.decode()


def test_the_page_of_a_form_says_which_methods_it_takes(client):
    answer = client.get("/form")

    assert answer["Allow"] == "POST"
    assert "Nothing was changed." in answer.content.decode()


def test_a_view_without_declared_permission_serves_nobody(client, admin_user):
    client.force_login(admin_user)

    answer = client.get("/api/v1/undeclared")

    assert answer.status_code == 403
    assert "secret" not in answer.content.decode()
    assert answer.json()["code"] == "permission_denied"


def test_a_page_without_declared_openness_asks_for_log_in(client):
    answer = client.get("/inner")

    assert answer.status_code == 302
    assert answer["Location"] == "/accounts/login/?next=/inner"


@pytest.mark.django_db
def test_bad_rows_are_named_one_by_one(client):
    rows = [{"quantity": 2, "name": "a"}, {"quantity": 0}]

    answer = client.post("/api/v1/intake", rows, content_type="application/json")

    assert answer.status_code == 400
    assert answer.json()["code"] == "invalid"
    assert answer.json()["errors"] == [
        {
            "pointer": "/1/quantity",
            "code": "min_value",
            "detail": "Ensure this value is greater than or equal to 1.",
        },
        {"pointer": "/1/name", "code": "required", "detail": "This field is required."},
    ]


@pytest.mark.django_db
def test_broken_json_is_a_problem(client):
    answer = client.post("/api/v1/intake", "{", content_type="application/json")

    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "parse_error"


@pytest.mark.django_db
def test_a_busy_answer_says_when_to_come_back(client):
    answer = client.get("/api/v1/intake")

    assert answer.status_code == 429
    assert answer["Retry-After"] == "7"
    assert answer.json()["code"] == "throttled"


@pytest.mark.django_db
@override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=100)
def test_json_over_the_limit_is_too_large(client):
    answer = client.post(
        "/api/v1/intake", [{"name": "x" * 200}], content_type="application/json"
    )

    assert answer.status_code == 413
    assert answer.json()["code"] == "content_too_large"
    assert "100 bytes" in answer.json()["detail"]


@override_settings(REQUEST_BODY_MAX_BYTES=1_000)
def test_any_body_over_the_limit_is_refused_unread(client):
    api = client.post("/api/v1/nowhere", "x" * 1_001, content_type="text/csv")
    page = client.post("/inner", "x" * 1_001, content_type="text/csv")

    assert api.status_code == 413
    assert api.json()["code"] == "content_too_large"
    assert page.status_code == 413
    assert "body is over the limit of 1,000 bytes." in page.content.decode()


def test_a_pointer_escapes_what_json_pointers_reserve():
    detail = {"a/b": {"c~d": [ErrorDetail("Wrong.", "wrong")]}}

    answer = problem_from_exception(ValidationError(detail), {})

    assert b'"pointer": "/a~1b/c~0d"' in answer.content


def test_a_fault_of_ours_is_left_to_the_500(client):
    assert problem_from_exception(ZeroDivisionError(), {}) is None
