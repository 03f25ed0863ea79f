package main

import (
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const (
	tokenPath  = "/service/token?service=harbor-registry"
	teamScope  = "&scope=repository:team/app:pull,push"
	noneScope  = "&scope=repository:regauth-none/x:pull"
	refusing   = "wrong password of an existing user (slow: the user is locked meanwhile)"
	duringThat = "right password while a wrong one is being refused, same core"
)

type answered struct {
	status  int
	headers http.Header
	body    string
}

// play sends what was sent to the real core of that name.
func (cores *testCores) play(t *testing.T, recorded exchange) answered {
	t.Helper()
	path := recorded.Request.Path
	switch recorded.Case {
	case "push while read-only":
		readOnly := recordedWorld()
		readOnly.ReadOnly = true
		authorization := cores.authorization(t, recorded)
		cores.write(t, readOnly)
		defer cores.write(t, recordedWorld())
		return cores.ask(t, recorded.Core, recorded.Request.Method, path, authorization)
	case duringThat:
		cores.beginRefusal(t, recorded.Core)
	case refusing:
		return <-cores.refused
	}
	if path == "<location>" {
		path = cores.location
	}
	got := cores.ask(t, recorded.Core, recorded.Request.Method, path, cores.authorization(t, recorded))
	if recorded.Case == "upload started" {
		cores.location = strings.TrimPrefix(got.headers.Get("Location"), "http://harbor.example.test")
	}
	return got
}

// beginRefusal sends a wrong password and returns when the user is locked by it.
func (cores *testCores) beginRefusal(t *testing.T, name string) {
	t.Helper()
	cores.refused = make(chan answered, 1)
	go func() { cores.refused <- cores.ask(t, name, http.MethodGet, tokenPath, basic(dev, "wrong")) }()
	for limit := time.Now().Add(10 * time.Second); !cores.core[name].isLocked(dev); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatal("a wrong password does not lock the user")
		}
	}
}

var shifted = regexp.MustCompile(`^bearer, nbf and iat at now([+-]\d+) s, lifetime 1800 s$`)
var ofCore = regexp.MustCompile(`^bearer, (scopeless|anonymous|scoped) token of core ([abcd])( for a project that does not exist)?$`)

// authorization is the header that the recording's words mean.
func (cores *testCores) authorization(t *testing.T, recorded exchange) string {
	t.Helper()
	auth := recorded.Request.Auth
	if match := shifted.FindStringSubmatch(auth); match != nil {
		seconds, _ := strconv.Atoi(match[1])
		return cores.signed(t, "a", time.Duration(seconds)*time.Second)
	}
	if match := ofCore.FindStringSubmatch(auth); match != nil {
		kinds := map[string][2]string{
			"scopeless": {tokenPath, basic(admin, adminPassword)},
			"scoped":    {tokenPath + teamScope, basic(admin, adminPassword)},
			"anonymous": {tokenPath + noneScope, ""},
		}
		return cores.bearer(t, match[2], kinds[match[1]][0], kinds[match[1]][1])
	}
	if who, found := strings.CutPrefix(auth, "bearer of "); found {
		return cores.bearer(t, recorded.Core, tokenPath+teamScope, credential(t, "basic "+who))
	}
	switch auth {
	case "none":
		return ""
	case "bearer, garbage":
		return "Bearer garbage"
	case "bearer, signed by another key":
		return cores.signed(t, "b", 0)
	}
	return credential(t, auth)
}

func credential(t *testing.T, words string) string {
	t.Helper()
	switch words {
	case "basic, wrong":
		return basic("nobody", "wrong")
	case "basic admin":
		return basic(admin, adminPassword)
	case "basic user who is not a member", "basic dev":
		return basic(dev, devPassword)
	case "basic robot with pull only":
		return basic(pullRobot, pullSecret)
	case "basic robot, wrong secret":
		return basic(pullRobot, "wrong")
	case "basic disabled robot":
		return basic(disabledRobot, offSecret)
	}
	t.Fatalf("the recording has a credential that this test does not know: %q", words)
	return ""
}

func basic(name, password string) string {
	request := &http.Request{Header: http.Header{}}
	request.SetBasicAuth(name, password)
	return request.Header.Get("Authorization")
}

// bearer takes a token from a core.
func (cores *testCores) bearer(t *testing.T, name, path, authorization string) string {
	t.Helper()
	got := cores.ask(t, name, http.MethodGet, path, authorization)
	var answer tokenAnswer
	if err := json.Unmarshal([]byte(got.body), &answer); err != nil || answer.Token == "" {
		t.Fatalf("core %s gave no token: %d %q", name, got.status, got.body)
	}
	return "Bearer " + answer.Token
}

// signed is a token for the administrator, by the key of a core whose clock is off.
func (cores *testCores) signed(t *testing.T, name string, offset time.Duration) string {
	t.Helper()
	now := time.Now().Add(offset)
	token, err := jwt.NewWithClaims(jwt.SigningMethodRS256, claims{RegisteredClaims: jwt.RegisteredClaims{
		Issuer: issuer, Subject: admin, Audience: jwt.ClaimStrings{registryService}, ID: "x",
		IssuedAt: jwt.NewNumericDate(now), NotBefore: jwt.NewNumericDate(now),
		ExpiresAt: jwt.NewNumericDate(now.Add(30 * time.Minute)),
	}}).SignedString(cores.key[name])
	if err != nil {
		t.Fatal(err)
	}
	return "Bearer " + token
}

// ask sends one request as the recording's client did, without a cookie.
func (cores *testCores) ask(t *testing.T, name, method, path, authorization string) answered {
	request, err := http.NewRequest(method, cores.server[name].URL+path, nil)
	if err != nil {
		t.Error(err)
		return answered{}
	}
	request.Host = "harbor.example.test"
	if authorization != "" {
		request.Header.Set("Authorization", authorization)
	}
	answer, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		t.Error(err)
		return answered{}
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Error(err)
	}
	return answered{answer.StatusCode, answer.Header, string(body)}
}
