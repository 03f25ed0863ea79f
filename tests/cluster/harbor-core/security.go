package main

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// identity is who a request is from: what Harbor calls its security context.
type identity struct {
	name  string // empty: nobody in particular
	admin bool
	can   func(p *project, action string) bool
}

func (i identity) authenticated() bool { return i.name != "" }

// actions that the identity has on a project's repositories: all of them, not those that were asked for.
func (i identity) actions(p *project) []string {
	all := []string{"pull", "push", "delete"}
	return slices.DeleteFunc(all, func(action string) bool { return !i.can(p, action) })
}

func everybodyMay(p *project, action string) bool { return p.Public && action == "pull" }

var anonymous = identity{can: everybodyMay}

// identify tries what a request carries, in Harbor's order (src/server/middleware/security/security.go). A credential or
// a token that is not accepted makes the request anonymous; it is never refused here.
func (c *core) identify(w *world, r *http.Request) identity {
	if bearer, found := bearerOf(r); found && strings.HasPrefix(r.URL.Path, "/v2") {
		if who, accepted := c.byToken(w, r, bearer); accepted {
			return who
		}
	}
	name, password, found := r.BasicAuth()
	if !found {
		return anonymous
	}
	if who, accepted := c.byRobot(w, name, password); accepted {
		return who
	}
	if who, accepted := c.byPassword(w, r, name, password); accepted {
		return who
	}
	return anonymous
}

func bearerOf(r *http.Request) (string, bool) {
	_, bearer, found := strings.Cut(r.Header.Get("Authorization"), "Bearer")
	bearer = strings.TrimSpace(bearer)
	return bearer, found && bearer != ""
}

func (c *core) byRobot(w *world, name, password string) (identity, bool) {
	if !strings.HasPrefix(name, "robot$") {
		return anonymous, false
	}
	r := w.robot(name)
	if r == nil {
		return anonymous, false
	}
	switch {
	case !r.is(password):
		c.log("ERROR", inRobot, "failed to authenticate robot account: %s", name)
	case r.Disabled:
		c.log("ERROR", inRobotOff, "failed to authenticate deactivated robot account: %s", name)
	case r.Expires != nil && !r.Expires.After(c.now()):
		c.log("ERROR", inRobotOld, "the robot account is expired: %s", name)
	default:
		can := func(p *project, action string) bool { return everybodyMay(p, action) || r.may(p, action) }
		return identity{name: name, can: can}, true
	}
	return anonymous, false
}

// How long Harbor takes to compare a password of a user who exists, and for how long it refuses a user's logins after
// a wrong one, and waits (src/core/auth/authenticator.go: frozenTime). A robot that was refused gets here, too.
const (
	comparing = 120 * time.Millisecond
	frozen    = 1500 * time.Millisecond
)

func (c *core) byPassword(w *world, r *http.Request, name, password string) (identity, bool) {
	if c.isLocked(name) {
		return anonymous, false
	}
	u := w.user(name)
	if u != nil {
		time.Sleep(comparing)
	}
	if u == nil || !u.is(password) {
		c.lock(name)
		time.Sleep(frozen)
		c.logClient(r, "ERROR", inBasicAuth,
			"failed to authenticate user:%s, error:Failed to authenticate user, due to error 'Invalid credentials'", name)
		return anonymous, false
	}
	can := func(p *project, action string) bool { return everybodyMay(p, action) || w.userMay(u, p, action) }
	return identity{name: name, admin: u.Admin, can: can}, true
}

// The lock is each process's own.
func (c *core) lock(name string) {
	c.locking.Lock()
	defer c.locking.Unlock()
	c.failures[name] = time.Now()
}

func (c *core) isLocked(name string) bool {
	c.locking.Lock()
	defer c.locking.Unlock()
	return time.Since(c.failures[name]) <= frozen
}
