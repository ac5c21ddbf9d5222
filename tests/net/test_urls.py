"""The URLs of repositories: what is taken, and that no password is shown."""

from __future__ import annotations

import pytest

from mreg.errors import UsageError
from mreg.git import mirror_files
from mreg.net import urls


@pytest.mark.parametrize(
    ("text", "transport"),
    [
        ("https://github.com/org/repo.git", "https"),
        ("HTTPS://github.com/org/repo", "https"),
        ("ssh://git@host:2222/org/repo", "ssh"),
        ("git@github.com:org/repo.git", "ssh"),
        ("host:repo", "ssh"),
        ("[::1]:repo", "ssh"),
        ("git://host/repo", "git"),
        ("file:///srv/git/repo.git", "file"),
    ],
)
def test_what_is_read(text: str, transport: str) -> None:
    assert urls.looks_like(text)
    assert urls.parse(text).transport == transport


@pytest.mark.parametrize(
    "text",
    [
        "ext::sh -c 'touch pwned'",
        "ext::touch%20pwned",
        "fd::17",
        "http://host/repo",
        "ftp://host/repo",
        "transport::https://host/repo",
        "-oProxyCommand=touch:pwned",
        "--upload-pack=touch:pwned",
        "ssh://-oProxyCommand=touch/pwned",
        "ssh://git@-oProxyCommand=touch/pwned",
        "-host:repo",
        "https://host/re\npo",
        "https://host/re\x1b[31mpo",
        "https://host/a b",
    ],
)
def test_what_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"mreg cannot read from|is not the URL"):
        urls.parse(text)


@pytest.mark.parametrize("text", [".", "../models", "/srv/git/x", "a folder", "a/b:c", "C"])
def test_a_path_does_not_look_like_a_url(text: str) -> None:
    assert not urls.looks_like(text)


SECRETS = [
    ("https://ann:s3cret@host/repo", "https://host/repo"),
    ("https://s3cret@host/repo", "https://host/repo"),
    ("https://ann:p@s3cret@host/repo", "https://host/repo"),
    ("HTTPS://ann:s3cret@host/repo", "HTTPS://host/repo"),
    ("ssh://git:s3cret@host/repo", "ssh://git@host/repo"),
]


@pytest.mark.parametrize(("text", "shown"), SECRETS)
def test_a_password_is_in_nothing_that_is_shown_or_written(text: str, shown: str) -> None:
    url = urls.parse(text)
    assert url.shown == shown
    assert url.secret == text
    assert "s3cret" not in mirror_files.path_of(url.shown).name
    assert "s3cret" not in urls.mask(f"fatal: unable to access '{text}/': no ({text})")


@pytest.mark.parametrize("text", ["https://host/a@b", "git@host:repo", "ssh://git@host/repo"])
def test_what_is_no_secret_is_left_alone(text: str) -> None:
    assert urls.parse(text).shown == text
    assert urls.mask(f"see {text}") == f"see {text}"


def test_a_password_is_masked_in_whatever_url() -> None:
    for text in ("mreg+ftp://ann:s3cret@host/x", "s3://ann:s3cret@bucket", "mreg://ann:s3cret@x"):
        assert "s3cret" not in urls.mask(f"see '{text}'")
    assert urls.mask("file:///a:b@c") == "file:///a:b@c"


def test_urls_that_look_alike_have_mirrors_of_their_own() -> None:
    texts = ["https://host/a/b", "https://host/a-b", "ssh://host/a/b", "https://host/A/b"]
    assert len({mirror_files.path_of(text) for text in texts}) == len(texts)


@pytest.mark.parametrize(
    ("spelled", "otherwise"),
    [
        ("https://host/a/b", "https://HOST:443/a/b.git"),
        ("https://host/a/b", "HTTPS://host/a/./b.git/"),
        ("git@host:a/b.git", "ssh://git@host:22/a/b"),
        ("file:///srv/a~b.git", "file:///srv/clone/../a%7Eb.git/"),
    ],
)
def test_spellings_of_one_url_have_one_mirror(spelled: str, otherwise: str) -> None:
    there = [urls.parse(it, urls.OF_REMOTES) for it in (spelled, otherwise)]
    assert len({mirror_files.mirror_of(it) for it in there}) == 1


def test_other_repositories_have_mirrors_of_their_own() -> None:
    web = ["https://host/a/b", "https://host/a/B", "https://host:444/a/b", "http://host/a/b"]
    texts = [*web, "ssh://git@host/a/b", "ssh://ann@host/a/b", "git@[::1]:a/b"]
    there = [urls.parse(it, urls.OF_REMOTES) for it in texts]
    assert len({mirror_files.mirror_of(it) for it in there}) == len(texts)


@pytest.mark.parametrize(
    ("shown", "uri"),
    [
        ("https://host/a/b%20c.git", "https://host/a/b%20c.git"),
        ("https://host/a b/ü", "https://host/a%20b/%C3%BC"),
        ("git@host:a/b.git", "ssh://git@host/a/b.git"),
        ("git@[::1]:a/b", "ssh://git@[::1]/a/b"),
        ("/srv/git/a 100%.git", "file:///srv/git/a%20100%25.git"),
        ("../a b", "../a%20b"),
    ],
)
def test_an_address_as_a_uri(shown: str, uri: str) -> None:
    assert urls.as_uri(shown) == uri
