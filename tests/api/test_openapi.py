"""The OpenAPI file in the repository is the one the code makes."""

from pathlib import Path

from django.core.management import call_command

KEPT = Path(__file__).parents[2] / "docs" / "openapi.yaml"


def test_the_openapi_file_is_current_and_valid(tmp_path: Path) -> None:
    made = tmp_path / "openapi.yaml"

    call_command("spectacular", file=str(made), validate=True, fail_on_warn=True)

    assert made.read_text() == KEPT.read_text(), (
        "The API has changed: make openapi writes docs/openapi.yaml anew."
    )
