module kubectl-regauth/tests/cluster/harbor-core

go 1.26.8

require (
	github.com/docker/libtrust v0.0.0-20160708172513-aabc10ec26b7
	github.com/golang-jwt/jwt/v4 v4.5.2
	github.com/golang-jwt/jwt/v5 v5.3.0
)
