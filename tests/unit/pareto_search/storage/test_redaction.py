"""No password goes where other people look."""

import pytest

from pareto_search.storage.redaction import redact


@pytest.mark.parametrize(
    "uri",
    [
        "postgresql://me:hunter2@db/mlflow",
        "postgresql://me:hun@ter/hunter2@db/mlflow",
        "https://hunter2@server",
        "https://me:hunter2@server/path",
        "https://me@clinic.example:hunter2@server",
        "--tracking-uri=http://me:hunter2@127.0.0.1:5000",
        "--set=tracking.uri=https://hunter2@server",
        "postgresql://db/mlflow?user=me&password=hunter2&sslmode=require",
        "could not reach 'https://me:hunter2@server' twice",
    ],
)
def test_no_password_is_left_in_a_redacted_text(uri):
    assert "hunter2" not in redact(uri)
    assert "***" in redact(uri)


@pytest.mark.parametrize("uri", ["sqlite:////a/b@c.db", "http://127.0.0.1:5000", "plain: a@b"])
def test_what_holds_no_password_is_left_alone(uri):
    assert redact(uri) == uri
