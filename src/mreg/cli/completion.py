"""Completion in bash, which takes words apart at "@" and ":".

Typer's own script hands on the words that bash makes of the line, three of them for `churn@v1`.
This one takes the line apart at blanks, and gives back only what belongs in the place of the word
that bash completes ("$2" in the bash manual, under "Programmable Completion"). zsh needs no such
thing.
"""

from __future__ import annotations

from typer import _completion_shared

_BASH = r"""
%(complete_func)s() {
    local words
    IFS=$' \t' read -ra words <<<"${COMP_LINE:0:COMP_POINT}"
    [[ ${COMP_LINE:0:COMP_POINT} == *[[:blank:]] ]] && words+=("")
    local word="${words[-1]}" IFS=$'\n'
    COMPREPLY=($(env COMP_WORDS="${words[*]}" COMP_CWORD="$((${#words[@]} - 1))" \
        %(autocomplete_var)s=complete_bash "$1"))
    COMPREPLY=("${COMPREPLY[@]#"${word%%"$2"}"}")
}

complete -o default -F %(complete_func)s %(prog_name)s
"""


def set_up() -> None:
    """Let --show-completion and --install-completion give out this script for bash."""
    _completion_shared._completion_scripts["bash"] = _BASH
