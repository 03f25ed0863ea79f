@rem kubectl asks this program what may stand behind `kubectl regauth`; written by `kubectl regauth completion install`.
@kubectl-regauth __complete %* <nul 2>nul
