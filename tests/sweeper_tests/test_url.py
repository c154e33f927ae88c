"""URLs that print themselves without their secrets."""

import pickle

import pytest

from sweeper.store.engine import check_url
from sweeper.url import Url, scrubbed, without_secrets


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("postgresql://bob:s3same@h/db", "postgresql://bob:***@h/db"),
        ("postgresql://h/db?user=bob&password=s3same", "postgresql://h/db?user=bob&password=***"),
        ("postgresql://h/db?sslpassword=s3same&x=1", "postgresql://h/db?sslpassword=***&x=1"),
        ("postgresql://bob:s3/sa@me@h/db", "postgresql://bob:***@h/db"),
        ("s3://KEY:s3same@bucket/folder", "s3://KEY:***@bucket/folder"),
        ("https://s3same@host/x", "https://***@host/x"),
        ("https://host/x?X-Amz-Signature=s3same", "https://host/x?X-Amz-Signature=***"),
        ("sqlite:////home/bob/studies.db", "sqlite:////home/bob/studies.db"),
        ("s3://bucket/folder", "s3://bucket/folder"),
    ],
)
def test_a_url_prints_itself_without_its_secrets(written: str, said: str) -> None:
    url = Url(written)
    assert str(url) == said
    assert f"{url}|{url!s}|{url!r}" == f"{said}|{said}|{said!r}"
    assert url.whole == pickle.loads(pickle.dumps(url)).whole == written  # noqa: S301
    assert str(url.within("1")) == f"{said}/1" or "?" in said
    assert url.hide(f"no answer from {written}") == f"no answer from {said}"


def test_what_sqlalchemy_has_of_it_does_too() -> None:
    url = check_url("postgresql://bob:s3same@h/db?password=s3same")
    for shown in (url, url.set(database="x"), url._replace(host="y")):
        assert "s3same" not in f"{shown} {shown!r} {shown!s}"
        assert shown.render_as_string(hide_password=False).count("s3same") == 2


def test_other_text_loses_the_secrets_of_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    Url("postgresql://bob:p%40ssw0rd@h/db")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "https://bob:tr4cking@h")
    assert scrubbed("refused: p@ssw0rd, p%40ssw0rd, tr4cking") == "refused: ***, ***, ***"
    assert without_secrets("see http://host:80/a and bob:x@y") == "see http://host:80/a and bob:x@y"
