module kubectl-regauth/tests/cluster/pause

go 1.21
