package main

import (
	"fmt"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"regexp"
	"strings"
)

// What a request below /v2/ is about. Harbor knows these (src/lib/patterns.go).
var targets = regexp.MustCompile(`^/v2/(.+?)/(manifests/[^/]+|tags/list|blobs/uploads(?:/.*)?|blobs/[^/]+|referrers/[^/]+)$`)

type target struct {
	repository string
	rest       string // manifests/TAG, ...
}

func parseTarget(path string) (target, bool) {
	match := targets.FindStringSubmatch(path)
	if match == nil {
		return target{}, false
	}
	return target{match[1], match[2]}, true
}

func (t target) project() string {
	project, _, _ := strings.Cut(t.repository, "/")
	return project
}

// actionOf: a DELETE is an action of its own, that of an upload, too (src/server/middleware/v2auth/access.go).
func actionOf(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead:
		return "pull"
	case http.MethodDelete:
		return "delete"
	}
	return "push"
}

// serveV2 checks rights as v2auth does (src/server/middleware/v2auth/auth.go), then asks the registry behind.
func (c *core) serveV2(w http.ResponseWriter, r *http.Request, the *world, who identity) {
	target, matched := parseTarget(r.URL.Path)
	switch {
	case r.URL.Path == "/v2/" || r.URL.Path == "/v2":
		if !who.authenticated() {
			c.refuse(w, c.challenge(r, ""), "unauthorized")
			return
		}
	case r.URL.Path == "/v2/_catalog":
		if !who.admin {
			c.refuse(w, `Basic realm="harbor"`, "unauthorized to list catalog")
			return
		}
	case !matched:
		sendError(w, http.StatusNotFound, "NOT_FOUND", "page not found")
		return
	case !strings.Contains(target.repository, "/"):
		sendError(w, http.StatusBadRequest, "BAD_REQUEST", "invalid repository name: "+target.repository)
		return
	case !c.mayUse(w, r, the, who, target):
		return
	}
	c.registry.ServeHTTP(w, r)
}

// mayUse refuses what the identity may not do to a repository.
func (c *core) mayUse(w http.ResponseWriter, r *http.Request, the *world, who identity, t target) bool {
	action := actionOf(r.Method)
	scope := map[string]string{"pull": "pull", "push": "pull,push", "delete": "delete"}[action]
	challenge := c.challenge(r, "repository:"+t.repository+":"+scope)
	if r.Method == http.MethodHead && r.Header.Get("Authorization") == "" {
		c.refuse(w, challenge, "authorize header needed to send HEAD to repository")
		return false
	}
	p := the.project(t.project())
	if p == nil {
		c.refuse(w, "", fmt.Sprintf("project %s not found", t.project()))
		return false
	}
	if !who.can(p, action) {
		c.refuse(w, challenge, fmt.Sprintf("unauthorized to access repository: %s, action: %s", t.repository, action))
		return false
	}
	if p.Proxy && action == "push" { // src/server/middleware/repoproxy/proxy.go, DisableBlobAndManifestUploadMiddleware
		sendError(w, http.StatusForbidden, "DENIED",
			fmt.Sprintf("can not push artifact to a proxy project: %s", p.Name))
		return false
	}
	return true
}

func (c *core) refuse(w http.ResponseWriter, challenge, reason string) {
	w.Header().Set("Docker-Distribution-Api-Version", "registry/2.0")
	w.Header().Set("Www-Authenticate", challenge)
	sendError(w, http.StatusUnauthorized, "UNAUTHORIZED", reason+": "+reason)
}

// challenge: Basic for a request that carried any Authorization, else Bearer with a realm at the host that was asked and
// with the scheme of the external endpoint; core's own URL for Harbor's other parts.
func (c *core) challenge(r *http.Request, scope string) string {
	if r.Header.Get("Authorization") != "" {
		return `Basic realm="harbor"`
	}
	endpoint := c.extEndpoint.Scheme + "://" + r.Host
	if own, err := url.Parse(c.coreURL); err == nil && r.Host == own.Host {
		endpoint = strings.TrimSuffix(c.coreURL, "/")
	}
	challenge := fmt.Sprintf(`Bearer realm="%s/service/token",service="%s"`, endpoint, registryService)
	if scope != "" {
		challenge += fmt.Sprintf(`,scope="%s"`, scope)
	}
	return challenge
}

// proxy hands requests to the registry behind with core's own credential (src/server/registry/proxy.go). The request's
// Host stays, so that the registry's Location has it. Where the registry cannot be reached, the answer is 502.
func (c *core) proxy() http.Handler {
	proxy := httputil.NewSingleHostReverseProxy(c.registryURL)
	direct := proxy.Director
	proxy.Director = func(r *http.Request) {
		direct(r)
		r.SetBasicAuth(c.registryUser, c.registryPassword)
	}
	proxy.ErrorLog = log.New(c.out, "", log.LstdFlags|log.LUTC)
	proxy.Transport = &http.Transport{DialContext: (&net.Dialer{Timeout: dialing}).DialContext}
	proxy.ModifyResponse = func(answer *http.Response) error {
		target, matched := parseTarget(answer.Request.URL.Path)
		asked := answer.Request.Method
		if answer.StatusCode == http.StatusNotFound && matched && (asked == http.MethodGet || asked == http.MethodHead) {
			return c.nameMissing(answer, target)
		}
		return nil
	}
	return proxy
}
