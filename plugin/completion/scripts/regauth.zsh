#compdef kubectl-regauth
# Completes `kubectl regauth` and `kubectl-regauth` in zsh, after compinit. Load kubectl's own completion first, where it
# is there.

_regauth() {
    local told directive one name
    local -a asked lines described space
    local -i passed=2
    [[ ${words[1]:t} == kubectl-regauth ]] && passed=1
    asked=("${(@Q)words[passed+1,CURRENT-1]}" "${(Q)PREFIX}")
    told=$(kubectl-regauth __complete "${asked[@]}" </dev/null 2>/dev/null) || return 1
    lines=("${(@f)told}")
    directive=${lines[-1]#:}
    for one in "${(@)lines[1,-2]}"; do
        name=${${one%%$'\t'*}//:/\\:}
        [[ $one == *$'\t'* ]] && name+=":${one#*$'\t'}"
        described+=("$name")
    done
    [[ $PREFIX == -*=* ]] && compset -P '*='
    ((directive & 2)) && space=(-S '')
    if ((${#described})); then
        _describe -t regauth 'kubectl regauth' described "${space[@]}"
    elif ((directive & 16)); then
        _path_files -/
    elif ((!(directive & 4))); then
        _files
    fi
}

_regauth_kubectl() {
    if ((CURRENT > 2)) && [[ ${words[2]} == regauth ]]; then
        _regauth
    elif (($+functions[_kubectl])); then
        _kubectl "$@"
    fi
}

compdef _regauth kubectl-regauth
compdef _regauth_kubectl kubectl
