# Completes `kubectl regauth` and `kubectl-regauth` in bash. Load kubectl's own completion first, where it is there.

_regauth_complete() {
    # The words as they were typed: bash takes apart what has `=` or `:` in it.
    local line=${COMP_LINE:0:COMP_POINT} words word candidates=() directive
    read -ra words <<<"$line"
    [[ $line == *[[:space:]] ]] && words+=("")
    word=${words[${#words[@]} - 1]}
    local passed=1
    [[ ${words[0]##*/} == kubectl-regauth ]] || passed=2
    local told
    told=$(kubectl-regauth __complete "${words[@]:passed}" </dev/null 2>/dev/null) || return
    directive=${told##*:}
    COMPREPLY=()
    [[ $word == -*=* ]] && word=${word#*=}
    local candidate
    while IFS= read -r candidate; do
        candidate=${candidate%%$'\t'*}
        [[ -n $candidate && $candidate != ":$directive" && $candidate == "$word"* ]] && COMPREPLY+=("$candidate")
    done <<<"$told"
    # What stands before the last colon is a word of its own to bash.
    if [[ $word == *:* && $COMP_WORDBREAKS == *:* ]]; then
        local before=${word%"${word##*:}"}
        COMPREPLY=("${COMPREPLY[@]#"$before"}")
    fi
    if type compopt >/dev/null 2>&1; then
        if ((directive & 2)); then compopt -o nospace; fi
        if ((directive & 16)); then compopt +o default -o dirnames; fi
        if ((directive & 4)); then compopt +o default; fi
    fi
}

_regauth_kubectl() {
    if [[ ${COMP_WORDS[1]} == regauth ]] && ((COMP_CWORD > 1)); then
        _regauth_complete
    elif declare -F __start_kubectl >/dev/null; then
        __start_kubectl "$@"
    fi
}

complete -o default -F _regauth_complete kubectl-regauth
complete -o default -F _regauth_kubectl kubectl
