package main

import (
	"cmp"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"
)

// configuration is what a core is told by its environment. The names are Harbor's own (src/lib/config and
// src/common/const.go), except those that begin with STANDIN_ and HARBOR_VERSION.
type configuration struct {
	listen                           string // ADDRESS:PORT
	internalTLS                      bool   // INTERNAL_TLS_ENABLED
	certificate, certificateKey      string // INTERNAL_TLS_CERT_PATH, INTERNAL_TLS_KEY_PATH
	keyFile                          string // TOKEN_PRIVATE_KEY_PATH; read anew at each use
	extEndpoint                      *url.URL
	coreURL                          string   // CORE_URL: how Harbor's other parts call core
	registryURL                      *url.URL // nil: an empty registry of the stand-in's own
	registryUser, registryPassword   string
	jobserviceURL, portalURL, ctlURL string // asked by /api/v2.0/health; empty: said to be healthy
	csrfKey                          string
	version                          version
	shownVersion                     string
	worldFile                        string // STANDIN_WORLD; read anew at each request
	clockOffset                      string // STANDIN_CLOCK_OFFSET: seconds, or a file with them, read anew
	downFile                         string // STANDIN_DOWN: while this file is there, every connection is cut off
	makesKey                         bool   // STANDIN_MAKE_KEY: writes a key where there is none, when it starts
}

func readConfiguration(get func(string) string) (configuration, error) {
	c := configuration{
		internalTLS:      get("INTERNAL_TLS_ENABLED") == "true",
		certificate:      cmp.Or(get("INTERNAL_TLS_CERT_PATH"), "/etc/harbor/ssl/core/tls.crt"),
		certificateKey:   cmp.Or(get("INTERNAL_TLS_KEY_PATH"), "/etc/harbor/ssl/core/tls.key"),
		keyFile:          cmp.Or(get("TOKEN_PRIVATE_KEY_PATH"), "/etc/core/private_key.pem"),
		coreURL:          cmp.Or(get("CORE_URL"), "http://core:8080"),
		registryUser:     get("REGISTRY_CREDENTIAL_USERNAME"),
		registryPassword: get("REGISTRY_CREDENTIAL_PASSWORD"),
		jobserviceURL:    get("JOBSERVICE_URL"),
		portalURL:        get("PORTAL_URL"),
		ctlURL:           get("REGISTRY_CONTROLLER_URL"),
		csrfKey:          get("CSRF_KEY"),
		shownVersion:     "-", // as of a core that was built from source
		worldFile:        cmp.Or(get("STANDIN_WORLD"), "/etc/standin/world.json"),
		clockOffset:      get("STANDIN_CLOCK_OFFSET"),
		downFile:         get("STANDIN_DOWN"),
		makesKey:         get("STANDIN_MAKE_KEY") == "true",
		version:          version{2, 16, 0},
	}
	c.listen = cmp.Or(get("STANDIN_LISTEN"), ":"+cmp.Or(get("PORT"), map[bool]string{false: "8080", true: "8443"}[c.internalTLS]))
	var err error
	if c.extEndpoint, err = url.Parse(cmp.Or(get("EXT_ENDPOINT"), "https://core.harbor.domain")); err != nil {
		return c, fmt.Errorf("EXT_ENDPOINT is no URL")
	}
	if address := get("REGISTRY_URL"); address != "" {
		if c.registryURL, err = url.Parse(address); err != nil || c.registryURL.Host == "" {
			return c, fmt.Errorf("REGISTRY_URL is no URL")
		}
	}
	if wanted := get("HARBOR_VERSION"); wanted != "" {
		if c.version, err = parseVersion(wanted); err != nil {
			return c, err
		}
		c.shownVersion = fmt.Sprintf("v%d.%d.%d-0123abcd", c.version[0], c.version[1], c.version[2])
	}
	return c, nil
}

// now is the core's clock, which may be off.
func (c *configuration) now() time.Time {
	text := c.clockOffset
	if strings.HasPrefix(text, "/") {
		content, _ := os.ReadFile(text)
		text = string(content)
	}
	seconds, _ := strconv.ParseFloat(strings.TrimSpace(text), 64)
	return time.Now().Add(time.Duration(seconds * float64(time.Second)))
}

type version [3]int

func parseVersion(text string) (version, error) {
	var v version
	parts := strings.Split(strings.TrimPrefix(text, "v"), ".")
	if len(parts) < 2 || len(parts) > 3 {
		return v, fmt.Errorf("HARBOR_VERSION must be like 2.11 or 2.13.5, not %q", text)
	}
	for at, part := range parts {
		number, err := strconv.Atoi(part)
		if err != nil {
			return v, fmt.Errorf("HARBOR_VERSION must be like 2.11 or 2.13.5, not %q", text)
		}
		v[at] = number
	}
	return v, nil
}

func (v version) atLeast(major, minor, patch int) bool {
	other := version{major, minor, patch}
	for at := range v {
		if v[at] != other[at] {
			return v[at] > other[at]
		}
	}
	return true
}

// leeway: 60 s since 2.11 (src/common/const.go, JwtLeeway), none before.
func (v version) leeway() time.Duration {
	if v.atLeast(2, 11, 0) {
		return time.Minute
	}
	return 0
}

// rejectsOlderThanProject: 2.13.5, 2.14.3 and all later minors do not accept a token that was issued before its project
// was created (goharbor/harbor pull request 22900).
func (v version) rejectsOlderThanProject() bool {
	switch [2]int{v[0], v[1]} {
	case [2]int{2, 13}:
		return v[2] >= 5
	case [2]int{2, 14}:
		return v[2] >= 3
	}
	return v.atLeast(2, 15, 0)
}
