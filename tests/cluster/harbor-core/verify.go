package main

import (
	"crypto/rsa"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	jwt4 "github.com/golang-jwt/jwt/v4"
	"github.com/golang-jwt/jwt/v5"
)

const issuer = "harbor-token-issuer"

// access is one entry of a token's claim of that name.
type access struct {
	Type    string   `json:"type"`
	Class   string   `json:"class,omitempty"`
	Name    string   `json:"name"`
	Actions []string `json:"actions"`
}

type claims struct {
	jwt.RegisteredClaims
	Access []access `json:"access"`
}

// byToken accepts a token that this core's key verifies; `kid` is not looked at.
func (c *core) byToken(w *world, r *http.Request, bearer string) (identity, bool) {
	found, err := c.verify(bearer)
	if err != nil {
		c.log("WARNING", inV2Token, "failed to decode bearer token: %v", err)
		return anonymous, false
	}
	name := found.Subject
	if c.version.rejectsOlderThanProject() && !c.issuedAfterProject(w, r, found) {
		return anonymous, false
	}
	// By project, not by repository (src/common/security/v2token/context.go).
	granted := map[string][]string{}
	for _, entry := range found.Access {
		if entry.Type == "repository" {
			project, _, _ := strings.Cut(entry.Name, "/")
			granted[project] = entry.Actions
		}
	}
	can := func(p *project, action string) bool {
		return slices.Contains(granted[p.Name], action) || slices.Contains(granted[p.Name], "*")
	}
	return identity{name: name, can: can}, true
}

// issuedAfterProject: with a minute's leeway; a request for no project is let pass, one for a missing project is not.
func (c *core) issuedAfterProject(w *world, r *http.Request, found *claims) bool {
	target, matched := parseTarget(r.URL.Path)
	if !matched {
		return true
	}
	p := w.project(target.project())
	if p == nil || found.IssuedAt == nil {
		c.log("WARNING", inV2Token, "failed to get project %q for token validation", target.project())
		return false
	}
	if found.IssuedAt.Add(c.version.leeway()).Before(p.Created) {
		c.log("WARNING", inV2Token, "bearer token issued at %v is before project %q creation time %v, rejecting",
			found.IssuedAt, p.Name, p.Created)
		return false
	}
	return true
}

// verify reads the key file anew, PKCS#1 or PKCS#8. The errors' texts are those of the very libraries that Harbor uses.
func (c *core) verify(bearer string) (*claims, error) {
	pem, err := os.ReadFile(c.keyFile)
	if err != nil {
		c.log("ERROR", inOptions, "failed to read private key %v", err)
		return nil, err
	}
	key, err := jwt.ParseRSAPrivateKeyFromPEM(pem)
	if err != nil {
		return nil, err
	}
	check := c.verifyNow
	if c.version.leeway() == 0 {
		check = c.verifyBefore211
	}
	found, err := check(bearer, &key.PublicKey)
	if err != nil {
		c.log("ERROR", inToken, "parse token error, %v", err)
		return nil, err
	}
	return found, nil
}

func (c *core) verifyNow(bearer string, key *rsa.PublicKey) (*claims, error) {
	found := &claims{}
	parser := jwt.NewParser(jwt.WithLeeway(c.version.leeway()), jwt.WithValidMethods([]string{"RS256"}),
		jwt.WithTimeFunc(c.now), jwt.WithIssuer(issuer), jwt.WithAudience(registryService))
	_, err := parser.ParseWithClaims(bearer, found, func(*jwt.Token) (any, error) { return key, nil })
	return found, err
}

// verifyBefore211 is how Harbor up to 2.10 did it: jwt 4, without leeway.
func (c *core) verifyBefore211(bearer string, key *rsa.PublicKey) (*claims, error) {
	found := &oldClaims{now: c.now()}
	parser := jwt4.NewParser(jwt4.WithValidMethods([]string{"RS256"}))
	_, err := parser.ParseWithClaims(bearer, found, func(*jwt4.Token) (any, error) { return key, nil })
	return &found.claims, err
}

type oldClaims struct {
	claims
	now time.Time
}

// Valid judges by the core's clock, with the errors of jwt 4's RegisteredClaims.Valid.
func (o *oldClaims) Valid() error {
	problem := &jwt4.ValidationError{}
	if o.ExpiresAt != nil && !o.now.Before(o.ExpiresAt.Time) {
		problem.Inner = fmt.Errorf("%s by %s", jwt4.ErrTokenExpired, o.now.Sub(o.ExpiresAt.Time))
		problem.Errors |= jwt4.ValidationErrorExpired
	}
	if o.IssuedAt != nil && o.now.Before(o.IssuedAt.Time) {
		problem.Inner = jwt4.ErrTokenUsedBeforeIssued
		problem.Errors |= jwt4.ValidationErrorIssuedAt
	}
	if o.NotBefore != nil && o.now.Before(o.NotBefore.Time) {
		problem.Inner = jwt4.ErrTokenNotValidYet
		problem.Errors |= jwt4.ValidationErrorNotValidYet
	}
	if problem.Errors != 0 {
		return problem
	}
	if o.Issuer != issuer {
		return fmt.Errorf("invalid token issuer: %s", o.Issuer)
	}
	return nil
}
