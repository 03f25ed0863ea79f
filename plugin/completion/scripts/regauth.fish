# Completes `kubectl regauth` and `kubectl-regauth` in fish.

function __regauth_complete
    set -l typed (commandline -opc)
    set -l word (commandline -ct)
    set -l passed 2
    string match -q '*kubectl-regauth' -- $typed[1]; and set passed 1
    set -l asked
    if test (count $typed) -gt $passed
        set asked $typed[(math $passed + 1)..-1]
    end
    set -l told (kubectl-regauth __complete $asked "$word" </dev/null 2>/dev/null); or return
    set -l directive (string sub -s 2 -- $told[-1])
    set -e told[-1]
    set -l before (string match -r -- '^-[^=]*=' "$word")
    if test (count $told) -gt 0
        printf '%s\n' "$before"$told
    else if test (math "bitand($directive, 16)") -ne 0
        __fish_complete_directories (string replace -- "$before" '' "$word")
    else if test (math "bitand($directive, 4)") -eq 0
        __fish_complete_path (string replace -- "$before" '' "$word")
    end
end

function __regauth_is_next
    set -l typed (commandline -opc)
    test (count $typed) -ge 2; and test "$typed[2]" = regauth
end

complete -c kubectl -n __regauth_is_next -f -a '(__regauth_complete)'
complete -c kubectl-regauth -f -a '(__regauth_complete)'
