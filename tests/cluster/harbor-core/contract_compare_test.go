package main

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// compare holds an answer to the recorded one: status, headers, body, and a token's header and claims.
func (cores *testCores) compare(t *testing.T, recorded exchange, got answered) {
	t.Helper()
	if got.status != recorded.Status {
		t.Errorf("status %d, recorded %d", got.status, recorded.Status)
	}
	if recorded.Token != nil {
		cores.compareToken(t, recorded, got)
	} else {
		compareBody(t, recorded, got)
	}
	if len(recorded.Headers) > 0 { // of two exchanges none were kept
		compareHeaders(t, recorded, got)
	}
}

var changing = []*regexp.Regexp{
	regexp.MustCompile(`^sid=[^;]+`),                                            // set-cookie
	regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\?_state=.*$`), // location
	regexp.MustCompile(`"current_time":"[0-9T:.-]+Z"`),
	regexp.MustCompile(`"issued_at": "[0-9T:-]+Z"`),
}

func steady(text string) string {
	for _, part := range changing {
		text = part.ReplaceAllString(text, "(changing)")
	}
	return text
}

// compareHeaders: those that were recorded, in both directions. An empty challenge is not the same as none.
func compareHeaders(t *testing.T, recorded exchange, got answered) {
	t.Helper()
	for _, name := range []string{"www-authenticate", "content-type", "docker-distribution-api-version", "set-cookie",
		"location", "range", "content-length"} {
		wanted, isWanted := recorded.Headers[name]
		values, is := got.headers[http.CanonicalHeaderKey(name)]
		if name == "content-length" && recorded.Token != nil {
			continue // of another key and, there, compressed
		}
		if is != isWanted {
			t.Errorf("%s is %q, recorded %q (there: %t, recorded: %t)", name, values, wanted, is, isWanted)
		} else if is && steady(values[0]) != steady(wanted) {
			t.Errorf("%s is %q, recorded %q", name, values[0], wanted)
		}
	}
	if got.headers.Get("Date") == "" {
		t.Error("there is no date")
	}
}

const cut = 600 // characters of a body that were recorded

func compareBody(t *testing.T, recorded exchange, got answered) {
	t.Helper()
	body := got.body
	if len(recorded.Body) == cut && len(body) > cut {
		if length := recorded.Headers["content-length"]; length != strconv.Itoa(len(body)) {
			t.Errorf("the body has %d bytes, recorded %s", len(body), length)
		}
		body = body[:cut]
	}
	if steady(body) != steady(recorded.Body) {
		t.Errorf("body %q, recorded %q", body, recorded.Body)
	}
}

func (cores *testCores) compareToken(t *testing.T, recorded exchange, got answered) {
	t.Helper()
	var answer map[string]any
	if err := json.Unmarshal([]byte(got.body), &answer); err != nil {
		t.Fatalf("the answer is not JSON: %v", err)
	}
	raw, _ := answer["token"].(string)
	answer["token"] = "<jwt>"
	var wanted map[string]any
	if err := json.Unmarshal([]byte(recorded.Body), &wanted); err != nil {
		t.Fatal(err)
	}
	if at, _ := answer["issued_at"].(string); !regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$`).MatchString(at) {
		t.Errorf("issued_at is %q", at)
	}
	answer["issued_at"], wanted["issued_at"] = "", ""
	if !reflect.DeepEqual(answer, wanted) {
		t.Errorf("answer %v, recorded %v", answer, wanted)
	}
	parts := strings.Split(raw, ".")
	if len(parts) != 3 {
		t.Fatalf("the token has %d parts", len(parts))
	}
	cores.compareHeader(t, recorded, decode(t, parts[0]))
	compareClaims(t, recorded.Token.Claims, decode(t, parts[1]))
}

func decode(t *testing.T, part string) map[string]any {
	t.Helper()
	text, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil {
		t.Fatal(err)
	}
	var object map[string]any
	if err := json.Unmarshal(text, &object); err != nil {
		t.Fatal(err)
	}
	return object
}

// compareHeader: cores have the same kid here if, and only if, they had it there.
func (cores *testCores) compareHeader(t *testing.T, recorded exchange, header map[string]any) {
	t.Helper()
	kid, _ := header["kid"].(string)
	there, _ := recorded.Token.Header["kid"].(string)
	if there != recorded.CoreKid {
		t.Errorf("the recording contradicts itself: %s, %s", there, recorded.CoreKid)
	}
	if !regexp.MustCompile(`^([A-Z2-7]{4}:){11}[A-Z2-7]{4}$`).MatchString(kid) {
		t.Errorf("kid is %q", kid)
	}
	for known, here := range cores.kid {
		if (known == there) != (here == kid) {
			t.Errorf("kid is %s at core %s, but %s stands for %s", kid, recorded.Core, here, known)
		}
	}
	cores.kid[there] = kid
	header["kid"] = there
	if !reflect.DeepEqual(header, recorded.Token.Header) {
		t.Errorf("header %v, recorded %v", header, recorded.Token.Header)
	}
}

// compareClaims: all of them, except when it was and the number.
func compareClaims(t *testing.T, wanted, got map[string]any) {
	t.Helper()
	span := func(claims map[string]any) (lifetime, before any) {
		exp, _ := claims["exp"].(float64)
		nbf, _ := claims["nbf"].(float64)
		iat, _ := claims["iat"].(float64)
		return exp - iat, iat - nbf
	}
	lifetime, before := span(got)
	wantedLifetime, wantedBefore := span(wanted)
	if lifetime != wantedLifetime || before != wantedBefore {
		t.Errorf("lifetime %v, recorded %v; issued %v after nbf, recorded %v", lifetime, wantedLifetime, before, wantedBefore)
	}
	if jti, _ := got["jti"].(string); len(jti) != len(wanted["jti"].(string)) {
		t.Errorf("jti is %q", jti)
	}
	for _, claims := range []map[string]any{wanted, got} {
		for _, name := range []string{"exp", "nbf", "iat", "jti"} {
			claims[name] = nil
		}
		sortActions(claims)
	}
	if !reflect.DeepEqual(got, wanted) {
		t.Errorf("claims %v, recorded %v", got, wanted)
	}
}

// sortActions: Harbor lists them in the order of a Go map. An empty list is not the same as none.
func sortActions(claims map[string]any) {
	entries, _ := claims["access"].([]any)
	for _, entry := range entries {
		actions, _ := entry.(map[string]any)["actions"].([]any)
		slices.SortFunc(actions, func(one, other any) int { return strings.Compare(one.(string), other.(string)) })
	}
}
