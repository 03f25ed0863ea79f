package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

const dialing = 10 * time.Second

// What Harbor says of manifests and tags it has not: it looks into its own database, so the texts are not the registry's
// (src/controller/artifact, src/server/registry/manifest.go and tag.go).
func missingText(t target, repositoryExists bool) string {
	reference, isManifest := strings.CutPrefix(t.rest, "manifests/")
	if !isManifest || !repositoryExists {
		return fmt.Sprintf("repository %s not found", t.repository)
	}
	separator := ":"
	if strings.HasPrefix(reference, "sha256:") {
		separator = "@"
	}
	return fmt.Sprintf("artifact %s%s%s not found", t.repository, separator, reference)
}

// nameMissing replaces the registry's 404 by Harbor's.
func (c *core) nameMissing(answer *http.Response, t target) error {
	if strings.HasPrefix(t.rest, "blobs/") {
		return nil // these are the registry's own
	}
	body, err := json.Marshal(map[string]any{"errors": []map[string]string{
		{"code": "NOT_FOUND", "message": missingText(t, c.hasRepository(t.repository))}}})
	if err != nil {
		return err
	}
	body = append(body, '\n')
	answer.Body.Close()
	answer.Header = http.Header{"Content-Type": {"application/json; charset=utf-8"}}
	answer.ContentLength = int64(len(body))
	answer.Header.Set("Content-Length", fmt.Sprint(len(body)))
	answer.Body = io.NopCloser(bytes.NewReader(body))
	if answer.Request.Method == http.MethodHead {
		answer.Body = http.NoBody
	}
	return nil
}

func (c *core) hasRepository(name string) bool {
	asked, err := http.NewRequest(http.MethodGet, c.registryURL.JoinPath("v2", name, "tags", "list").String(), nil)
	if err != nil {
		return false
	}
	asked.SetBasicAuth(c.registryUser, c.registryPassword)
	client := http.Client{Timeout: dialing}
	answer, err := client.Do(asked)
	if err != nil {
		return false
	}
	defer answer.Body.Close()
	return answer.StatusCode == http.StatusOK
}
