"""The operator's page and the code name the same variables."""

import re

from config.env import BASE_DIR
from tests.architecture.source import python_files

READ = re.compile(r'\benv\.\w+\(\s*"([A-Z][A-Z0-9_]+)"|required\("([A-Z_]+)"\)')
LISTED = re.compile(r"^\| `([A-Z][A-Z0-9_]+)` \|", re.MULTILINE)
# Read by the `environ` library's own helper, and by the tests alone.
BY_HELPER, BY_TESTS = {"EMAIL_URL"}, {"TEST_BROKER_URL"}


def test_every_variable_the_code_reads_is_explained_and_no_other():
    read = {
        first or second
        for path in python_files("config")
        for first, second in READ.findall(path.read_text(encoding="utf-8"))
    }

    page = (BASE_DIR / "docs" / "operating.md").read_text(encoding="utf-8")

    assert sorted(LISTED.findall(page)) == sorted(read - BY_TESTS | BY_HELPER)
