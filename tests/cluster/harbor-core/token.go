package main

import (
	"compress/gzip"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/docker/libtrust"
	"github.com/golang-jwt/jwt/v5"
)

const registryService = "harbor-registry"

func init() { jwt.MarshalSingleStringAsArray = false } // as Harbor: `aud` is a string

// serveToken is /service/token (src/core/service/token).
func (c *core) serveToken(w http.ResponseWriter, r *http.Request, the *world, who identity) {
	if r.Method != http.MethodGet {
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	if service := r.URL.Query().Get("service"); service != registryService {
		c.log("ERROR", inService, "Unable to handle service: %s", service)
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprintf(w, "Unable to handle service: %s", service)
		return
	}
	var scopes []string
	for _, several := range r.URL.Query()["scope"] {
		scopes = append(scopes, strings.Split(several, " ")...)
	}
	if !who.authenticated() && len(scopes) == 0 {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	granted, err := grant(scopes, the, who)
	var answer *tokenAnswer
	if err == nil {
		answer, err = c.makeToken(who.name, granted, the.tokenLifetime())
	}
	if err != nil {
		c.log("ERROR", inTokenMaker, "Unexpected error when creating the token, error: %v", err)
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	sendCompressible(w, r, answer)
}

// grant: for each scope all that the identity may, whatever it asked for.
func grant(scopes []string, the *world, who identity) ([]access, error) {
	var granted []access
	for _, scope := range scopes {
		if scope == "" {
			continue
		}
		kind, rest, _ := strings.Cut(scope, ":")
		name := rest
		if at := strings.LastIndex(rest, ":"); at >= 0 {
			name = rest[:at]
		}
		entry := access{Type: kind, Name: name, Actions: []string{}}
		switch kind {
		case "repository":
			project, _, isWhole := strings.Cut(name, "/")
			if !isWhole {
				return nil, fmt.Errorf("Unable to parse image from string: %s", name)
			}
			if p := the.project(project); p != nil {
				entry.Actions = append(entry.Actions, who.actions(p)...)
			}
		case "registry":
			if name != "catalog" {
				return nil, fmt.Errorf("Unable to handle, type: %s, name: %s", kind, name)
			}
			if who.admin {
				entry.Actions = []string{"*"}
			}
		}
		granted = append(granted, entry)
	}
	return granted, nil
}

// tokenAnswer: both fields are there, and the second is empty.
type tokenAnswer struct {
	Token       string `json:"token"`
	AccessToken string `json:"access_token"`
	ExpiresIn   int    `json:"expires_in"` // seconds
	IssuedAt    string `json:"issued_at"`
}

// makeToken signs with the key file, read anew. libtrust, which Harbor uses for `kid`, takes PKCS#1 only.
func (c *core) makeToken(subject string, granted []access, lifetime time.Duration) (*tokenAnswer, error) {
	pem, err := os.ReadFile(c.keyFile)
	if err != nil {
		c.log("ERROR", inOptions, "failed to read private key %v", err)
		return nil, err
	}
	now := c.now().UTC()
	token := jwt.NewWithClaims(jwt.SigningMethodRS256, claims{
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer: issuer, Subject: subject, Audience: jwt.ClaimStrings{registryService},
			ExpiresAt: jwt.NewNumericDate(now.Add(lifetime)),
			NotBefore: jwt.NewNumericDate(now), IssuedAt: jwt.NewNumericDate(now),
			ID: rand.Text()[:16],
		},
		Access: granted,
	})
	identified, err := libtrust.UnmarshalPrivateKeyPEM(pem)
	if err != nil {
		return nil, err
	}
	token.Header["kid"] = identified.KeyID()
	key, err := jwt.ParseRSAPrivateKeyFromPEM(pem)
	if err != nil {
		return nil, err
	}
	signed, err := token.SignedString(key)
	if err != nil {
		return nil, err
	}
	return &tokenAnswer{Token: signed, ExpiresIn: int(lifetime.Seconds()), IssuedAt: now.Format(time.RFC3339)}, nil
}

// sendCompressible: beego compresses what its own controllers send, and indents it.
func sendCompressible(w http.ResponseWriter, r *http.Request, answer any) {
	body, err := json.MarshalIndent(answer, "", "  ")
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		w.Write(body)
		return
	}
	w.Header().Set("Content-Encoding", "gzip")
	packer := gzip.NewWriter(w)
	packer.Write(body)
	packer.Close()
}
