package main

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
)

// serveAPI is the little of Harbor's API that tells something about a core without changing anything.
func (c *core) serveAPI(w http.ResponseWriter, r *http.Request, the *world, who identity) {
	switch strings.TrimPrefix(r.URL.Path, "/api/v2.0") {
	case "/ping":
		w.Header().Set("Content-Type", "text/plain")
		io.WriteString(w, "Pong")
	case "/health":
		sendJSON(w, c.health())
	case "/systeminfo":
		sendJSON(w, c.systemInfo(the, who))
	default:
		sendError(w, http.StatusNotFound, "NOT_FOUND", "path "+r.URL.Path+" was not found")
	}
}

// systemInfo says more to those who are logged in.
func (c *core) systemInfo(the *world, who identity) map[string]any {
	info := map[string]any{
		"auth_mode": "db_auth", "banner_message": "", "oidc_provider_name": "",
		"primary_auth_mode": false, "self_registration": false,
	}
	if !who.authenticated() {
		return info
	}
	for key, value := range map[string]any{
		"current_time": c.now().UTC().Format("2006-01-02T15:04:05.000Z"), "external_url": c.extEndpoint.String(),
		"harbor_version": c.shownVersion, "has_ca_root": false, "notification_enable": true,
		"project_creation_restriction": "everyone", "read_only": the.ReadOnly,
		"registry_storage_provider_name": "filesystem", "registry_url": c.extEndpoint.Host,
	} {
		info[key] = value
	}
	return info
}

type component struct {
	Error  string `json:"error,omitempty"`
	Name   string `json:"name"`
	Status string `json:"status"`
}

// health asks those parts whose address is known; core, its database and Redis are the stand-in itself.
func (c *core) health() map[string]any {
	asked := map[string]string{"jobservice": "", "portal": c.portalURL, "registry": "", "registryctl": ""}
	if c.jobserviceURL != "" {
		asked["jobservice"] = c.jobserviceURL + "/api/v1/stats"
	}
	if c.ctlURL != "" {
		asked["registryctl"] = c.ctlURL + "/api/health"
	}
	if c.registryURL != nil {
		asked["registry"] = c.registryURL.String()
	}
	parts := []component{{Name: "core", Status: "healthy"}, {Name: "database", Status: "healthy"}, {Name: "redis", Status: "healthy"}}
	for name, address := range asked {
		parts = append(parts, checkHealth(name, address))
	}
	slices.SortFunc(parts, func(a, b component) int { return strings.Compare(a.Name, b.Name) })
	status := "healthy"
	if slices.ContainsFunc(parts, func(part component) bool { return part.Status != "healthy" }) {
		status = "unhealthy"
	}
	return map[string]any{"components": parts, "status": status}
}

func checkHealth(name, address string) component {
	if address == "" {
		return component{Name: name, Status: "healthy"}
	}
	client := http.Client{Timeout: 2 * time.Second}
	answer, err := client.Get(address)
	if err != nil {
		return component{Error: "failed to check health: " + err.Error(), Name: name, Status: "unhealthy"}
	}
	answer.Body.Close()
	return component{Name: name, Status: "healthy"}
}

func sendJSON(w http.ResponseWriter, body any) {
	w.Header().Set("Content-Type", "application/json")
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(true)
	encoder.Encode(body)
}
