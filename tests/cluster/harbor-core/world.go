package main

import (
	"crypto/pbkdf2"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"time"
)

// world is what the cores of one Harbor share: its database. A file that all of them read, anew at each request.
type world struct {
	ReadOnly     bool      `json:"read_only"`
	TokenMinutes int       `json:"token_minutes"` // 0: 30, Harbor's default
	Projects     []project `json:"projects"`
	Users        []user    `json:"users"`
	Members      []member  `json:"members"`
	Robots       []robot   `json:"robots"`
}

type project struct {
	Name    string    `json:"name"`
	Public  bool      `json:"public"`
	Created time.Time `json:"created"`
	// A proxy cache takes no pushes.
	Proxy bool `json:"proxy"`
}

// secret is a password in plain, or its hash with a salt: PBKDF2, 4096 times SHA-256, 16 bytes, in hex, as Harbor's
// own (src/common/utils/encrypt.go).
type secret struct {
	Password string `json:"password"`
	Salt     string `json:"salt"`
	Hash     string `json:"hash"`
}

type user struct {
	Name  string `json:"name"`
	Admin bool   `json:"admin"`
	secret
}

type member struct {
	Project string `json:"project"`
	User    string `json:"user"`
	Role    string `json:"role"` // projectAdmin, maintainer, developer, guest, limitedGuest
}

type robot struct {
	Name        string       `json:"name"` // with its prefix: robot$PROJECT+NAME, or robot$NAME
	Disabled    bool         `json:"disabled"`
	Expires     *time.Time   `json:"expires"`
	Permissions []permission `json:"permissions"`
	secret
}

type permission struct {
	Project string   `json:"project"` // "*": all
	Actions []string `json:"actions"` // pull, push, delete
}

func readWorld(file string) (*world, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	w := &world{}
	if err := json.Unmarshal(text, w); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return w, nil
}

func (s secret) is(password string) bool {
	if s.Hash == "" {
		return s.Password != "" && subtle.ConstantTimeCompare([]byte(s.Password), []byte(password)) == 1
	}
	key, err := pbkdf2.Key(sha256.New, password, []byte(s.Salt), 4096, 16)
	return err == nil && hex.EncodeToString(key) == s.Hash
}

func (w *world) project(name string) *project {
	return find(w.Projects, func(p *project) bool { return p.Name == name })
}

func (w *world) user(name string) *user {
	return find(w.Users, func(u *user) bool { return u.Name == name })
}

func (w *world) robot(name string) *robot {
	return find(w.Robots, func(r *robot) bool { return r.Name == name })
}

func find[T any](all []T, is func(*T) bool) *T {
	for at := range all {
		if is(&all[at]) {
			return &all[at]
		}
	}
	return nil
}

// roles: what each may do to a project's repositories (src/common/rbac/project/rbac_role.go).
var roles = map[string][]string{
	"projectAdmin": {"pull", "push", "delete"},
	"maintainer":   {"pull", "push", "delete"},
	"developer":    {"pull", "push"},
	"guest":        {"pull"},
	"limitedGuest": {"pull"},
}

// userMay: what a user may do to repositories of a project, beyond what everybody may.
func (w *world) userMay(u *user, p *project, action string) bool {
	if u.Admin {
		return true
	}
	joined := find(w.Members, func(m *member) bool { return m.Project == p.Name && m.User == u.Name })
	return joined != nil && slices.Contains(roles[joined.Role], action)
}

func (r *robot) may(p *project, action string) bool {
	return slices.ContainsFunc(r.Permissions, func(given permission) bool {
		return (given.Project == p.Name || given.Project == "*") && slices.Contains(given.Actions, action)
	})
}

func (w *world) tokenLifetime() time.Duration {
	if w.TokenMinutes == 0 {
		return 30 * time.Minute
	}
	return time.Duration(w.TokenMinutes) * time.Minute
}
