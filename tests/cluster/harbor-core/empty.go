package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"

	"crypto/rand"
)

// emptyRegistry stands in for Distribution where there is none behind: it has nothing, and lets uploads be started and
// cancelled. Its words are those of Distribution 2.8, which Harbor has.
type emptyRegistry struct {
	mutex   sync.Mutex
	uploads map[string]bool
}

func newEmptyRegistry() *emptyRegistry { return &emptyRegistry{uploads: map[string]bool{}} }

func (e *emptyRegistry) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	target, matched := parseTarget(r.URL.Path)
	if !matched {
		e.send(w, http.StatusOK, map[string]any{})
		return
	}
	uploading, isUpload := strings.CutPrefix(target.rest, "blobs/uploads")
	uploading = strings.Trim(uploading, "/")
	switch {
	case isUpload && r.Method == http.MethodPost && uploading == "":
		e.begin(w, r, target.repository)
	case isUpload && r.Method == http.MethodDelete && e.cancel(uploading):
		w.Header().Set("Docker-Distribution-Api-Version", "registry/2.0")
		w.WriteHeader(http.StatusNoContent)
	case isUpload:
		e.fail(w, http.StatusNotFound, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry")
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		e.fail(w, http.StatusMethodNotAllowed, "UNSUPPORTED", "The operation is unsupported.")
	case strings.HasPrefix(target.rest, "blobs/"):
		e.fail(w, http.StatusNotFound, "BLOB_UNKNOWN", "blob unknown to registry")
	default:
		sendError(w, http.StatusNotFound, "NOT_FOUND", missingText(target, false))
	}
}

func (e *emptyRegistry) begin(w http.ResponseWriter, r *http.Request, repository string) {
	raw := make([]byte, 16)
	rand.Read(raw)
	id := fmt.Sprintf("%x-%x-%x-%x-%x", raw[:4], raw[4:6], raw[6:8], raw[8:10], raw[10:])
	e.mutex.Lock()
	e.uploads[id] = true
	e.mutex.Unlock()
	scheme := "http"
	if r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https" {
		scheme = "https"
	}
	w.Header().Set("Docker-Distribution-Api-Version", "registry/2.0")
	w.Header().Set("Docker-Upload-Uuid", id)
	w.Header().Set("Location", fmt.Sprintf("%s://%s/v2/%s/blobs/uploads/%s?_state=%s", scheme, r.Host, repository, id, rand.Text()))
	w.Header().Set("Range", "0-0")
	w.WriteHeader(http.StatusAccepted)
}

func (e *emptyRegistry) cancel(id string) bool {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	was := e.uploads[id]
	delete(e.uploads, id)
	return was
}

func (e *emptyRegistry) fail(w http.ResponseWriter, status int, code, message string) {
	entry := struct {
		Code    string         `json:"code"`
		Message string         `json:"message"`
		Detail  map[string]any `json:"detail"`
	}{code, message, map[string]any{}}
	e.send(w, status, map[string]any{"errors": []any{entry}})
}

func (e *emptyRegistry) send(w http.ResponseWriter, status int, body any) {
	text, _ := json.Marshal(body)
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Docker-Distribution-Api-Version", "registry/2.0")
	w.WriteHeader(status)
	w.Write(text)
	if status != http.StatusOK {
		io.WriteString(w, "\n")
	}
}
