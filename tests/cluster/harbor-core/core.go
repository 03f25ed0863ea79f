package main

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"
)

// core is one process of Harbor's core.
type core struct {
	configuration
	out      io.Writer // its log
	logging  sync.Mutex
	locking  sync.Mutex
	failures map[string]time.Time // of passwords, by user
	registry http.Handler         // what is behind it
}

func newCore(configuration configuration, out io.Writer) *core {
	c := &core{configuration: configuration, out: out, failures: map[string]time.Time{}}
	if c.registryURL != nil {
		c.registry = c.proxy()
	} else {
		c.registry = newEmptyRegistry()
	}
	// csrf.go prints the key that it does not take. Whoever reads such logs must not pass them on.
	if length := len(c.csrfKey); length != 32 {
		c.log("ERROR", inCSRF, "Invalid CSRF key from environment: %s, generating random key...", c.csrfKey)
	}
	return c
}

// ServeHTTP goes through Harbor's middlewares in its order (src/core/middlewares/middlewares.go): read-only comes before
// the session and before anybody is identified.
func (c *core) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if _, err := os.Stat(c.downFile); err == nil {
		panic(http.ErrAbortHandler) // net/http closes the connection and says nothing
	}
	w = &dated{ResponseWriter: w, now: c.now}
	the, err := readWorld(c.worldFile)
	if err != nil {
		c.log("ERROR", "/lib/orm/orm.go:1", "the stand-in's world cannot be read: %v", err)
		sendError(w, http.StatusInternalServerError, "UNKNOWN", "internal server error")
		return
	}
	if the.ReadOnly && changes(r) {
		sendError(w, http.StatusForbidden, "DENIED",
			"The system is in read only mode. Any modification is prohibited.")
		return
	}
	if _, err := r.Cookie("sid"); err != nil {
		w.Header().Set("Set-Cookie", "sid="+strings.ToLower(rand.Text())+"; Path=/; HttpOnly")
	}
	c.route(w, r, the, c.identify(the, r))
}

func (c *core) route(w http.ResponseWriter, r *http.Request, the *world, who identity) {
	switch path := r.URL.Path; {
	case path == "/service/token":
		c.serveToken(w, r, the, who)
	case path == "/v2" || strings.HasPrefix(path, "/v2/"):
		c.serveV2(w, r, the, who)
	case path == "/api/version":
		io.WriteString(w, `{"version":"v2.0"}`+"\n")
	case strings.HasPrefix(path, "/api/v2.0/"):
		c.serveAPI(w, r, the, who)
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

func changes(r *http.Request) bool {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace:
		return false
	}
	return true
}

// sendError writes an error as all of Harbor's own handlers do (src/lib/http/error.go).
func sendError(w http.ResponseWriter, status int, code, message string) {
	type entry struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	}
	body, err := json.Marshal(map[string][]entry{"errors": {{code, message}}})
	if err != nil {
		body = []byte(`{"errors":[]}`)
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	fmt.Fprintf(w, "%s\n", body)
}

// dated gives an answer the date of the core's clock, unless the registry behind has given it its own.
type dated struct {
	http.ResponseWriter
	now  func() time.Time
	done bool
}

func (d *dated) WriteHeader(status int) {
	if !d.done && status >= 200 {
		d.done = true
		if d.Header().Get("Date") == "" {
			d.Header().Set("Date", d.now().UTC().Format(http.TimeFormat))
		}
	}
	d.ResponseWriter.WriteHeader(status)
}

func (d *dated) Write(body []byte) (int, error) {
	if !d.done {
		d.WriteHeader(http.StatusOK)
	}
	return d.ResponseWriter.Write(body)
}

// Unwrap is how http.ResponseController finds the rest.
func (d *dated) Unwrap() http.ResponseWriter { return d.ResponseWriter }
