"""Where hosts of repositories show tags, commits and what changed."""

from __future__ import annotations

import pytest

from mreg.net import hosts


class TestHosts:
    @pytest.mark.parametrize(
        ("address", "shown"),
        [
            (
                "https://github.com/acme/churn.git",
                "https://github.com/acme/churn/compare/{a}...{b}",
            ),
            ("git@github.com:acme/churn.git", "https://github.com/acme/churn/compare/{a}...{b}"),
            (
                "ssh://git@gitlab.example.com:2222/ml/risk/churn",
                "https://gitlab.example.com/ml/risk/churn/-/compare/{a}...{b}",
            ),
            (
                "https://bitbucket.org/acme/churn",
                "https://bitbucket.org/acme/churn/branches/compare/{b}..{a}",
            ),
            ("https://codeberg.org/a/b.git", "https://codeberg.org/a/b/compare/{a}...{b}"),
            (
                "https://git-gitea.example.com/a/b",
                "https://git-gitea.example.com/a/b/compare/{a}...{b}",
            ),
            ("https://example.com/github/churn", ""),
            ("https://github.com/acme/{a}?x=<b>", ""),
            ("https://mygithub.example/a/b", ""),
            ("/srv/github.com/churn", ""),
            ("", ""),
        ],
    )
    def test_where_they_show_two_commits(self, address: str, shown: str) -> None:
        assert hosts.comparison(address) == shown

    @pytest.mark.parametrize(
        ("address", "commit", "tag"),
        [
            (
                "https://github.com/acme/churn.git",
                "https://github.com/acme/churn/commit/0a1b",
                "https://github.com/acme/churn/releases/tag/a%3Dchurn%23prod%233",
            ),
            (
                "git@gitlab.com:ml/risk/churn.git",
                "https://gitlab.com/ml/risk/churn/-/commit/0a1b",
                "https://gitlab.com/ml/risk/churn/-/tags/a%3Dchurn%23prod%233",
            ),
            (
                "https://bitbucket.org/acme/churn",
                "https://bitbucket.org/acme/churn/commits/0a1b",
                "https://bitbucket.org/acme/churn/commits/tag/a%3Dchurn%23prod%233",
            ),
            (
                "https://codeberg.org/a/b",
                "https://codeberg.org/a/b/commit/0a1b",
                "https://codeberg.org/a/b/src/tag/a%3Dchurn%23prod%233",
            ),
            ("https://example.com/a/b", "", ""),
        ],
    )
    def test_where_they_show_a_commit_and_a_tag(self, address: str, commit: str, tag: str) -> None:
        assert hosts.commit(address, "0a1b") == commit
        assert hosts.tag(address, "a=churn#prod#3") == tag
