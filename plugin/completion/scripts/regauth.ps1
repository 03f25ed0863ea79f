# Completes `kubectl regauth` and `kubectl-regauth` in PowerShell. Load kubectl's own completion first, where it is there.

$__regauthCompleter = {
    param($wordToComplete, $commandAst, $cursorPosition)
    $typed = @($commandAst.CommandElements | Where-Object { $_.Extent.EndOffset -le $cursorPosition } |
        ForEach-Object { $_.ToString() })
    $isPlugin = $typed[0] -match 'kubectl-regauth(\.exe)?$'
    if (-not $isPlugin -and ($typed.Count -lt 2 -or $typed[1] -ne 'regauth')) {
        if (Get-Variable -Name __kubectlCompleterBlock -ErrorAction SilentlyContinue) {
            & $__kubectlCompleterBlock $wordToComplete $commandAst $cursorPosition
        }
        return
    }
    $passed = if ($isPlugin) { 1 } else { 2 }
    $asked = @($typed | Select-Object -Skip $passed)
    if ($wordToComplete -eq '') { $asked += '' }
    # Windows PowerShell, and PowerShell before 7.3, drop an empty argument unless it is quoted.
    $isOld = $PSVersionTable.PSVersion -lt [version]'7.3.0'
    if ($isOld) { $asked = @($asked | ForEach-Object { if ($_ -eq '') { '""' } else { $_ } }) }
    $before = if ($wordToComplete -match '^(-[^=]*=)') { $Matches[1] } else { '' }
    & kubectl-regauth __complete @asked 2>$null | Where-Object { $_ -notmatch '^:\d+$' } | ForEach-Object {
        $name, $about = $_ -split "`t", 2
        if (-not $about) { $about = $name }
        [System.Management.Automation.CompletionResult]::new($before + $name, $name, 'ParameterValue', $about)
    }
}

Register-ArgumentCompleter -Native -CommandName kubectl-regauth -ScriptBlock $__regauthCompleter
Register-ArgumentCompleter -Native -CommandName kubectl -ScriptBlock $__regauthCompleter
