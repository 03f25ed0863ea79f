package main

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"golang.org/x/crypto/bcrypt"
)

const tokenLifetime = 5 * time.Minute

// serveTokens is a token service as Distribution's specifications have it: GET with Basic, and POST with the grants
// `password` and `refresh_token`. Who may do what is in `allowed`.
//
// The modes' file holds words that take something away: no-get, no-post (as the many services that know one of them
// only), only-token, only-access-token (the answer's field).
func serveTokens(arguments []string) error {
	flags := flag.NewFlagSet("token-service", flag.ExitOnError)
	listen := flags.String("listen", "", "ADDRESS:PORT, TLS")
	certificate := flags.String("certificate", "", "PEM, of the server")
	key := flags.String("key", "", "its key")
	signer := flags.String("signing-certificate", "", "PEM; registries trust its authority")
	signingKey := flags.String("signing-key", "", "its key: ECDSA, P-256")
	htpasswd := flags.String("htpasswd", "", "users, with bcrypt")
	service := tokenService{refreshTokens: map[string]string{}}
	flags.StringVar(&service.issuer, "issuer", "", "what registries expect as issuer")
	flags.StringVar(&service.modes, "modes", "", "file of modes")
	flags.Parse(arguments)

	pair, err := tls.LoadX509KeyPair(*signer, *signingKey)
	if err != nil {
		return err
	}
	var ok bool
	if service.key, ok = pair.PrivateKey.(*ecdsa.PrivateKey); !ok {
		return fmt.Errorf("%s is not an ECDSA key", *signingKey)
	}
	for _, der := range pair.Certificate {
		service.chain = append(service.chain, base64.StdEncoding.EncodeToString(der))
	}
	if service.users, err = readUsers(*htpasswd); err != nil {
		return err
	}
	return http.ListenAndServeTLS(*listen, *certificate, *key, &service)
}

type tokenService struct {
	issuer, modes string
	key           *ecdsa.PrivateKey
	chain         []string
	users         map[string][]byte // bcrypt hashes
	mutex         sync.Mutex
	refreshTokens map[string]string // to the user
}

func readUsers(file string) (map[string][]byte, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	users := map[string][]byte{}
	for line := range strings.Lines(string(text)) {
		if name, hash, found := strings.Cut(strings.TrimSpace(line), ":"); found {
			users[name] = []byte(hash)
		}
	}
	return users, nil
}

// allowed: the actions that a user (or nobody: "") has on a repository.
func allowed(user, repository string) []string {
	switch {
	case user == "pusher":
		return []string{"pull", "push"}
	case user == "puller":
		return []string{"pull"}
	case user == "other" && strings.HasPrefix(repository, "other/"):
		return []string{"pull", "push"}
	case strings.HasPrefix(repository, "public/"):
		return []string{"pull"}
	}
	return nil
}

// request is what GET and POST have in common.
type request struct {
	user, service string
	scopes        []string
	refused       string // why the credential is; empty if it is right, or there is none
	refresh       bool   // a refresh token is wanted, too
	refreshToken  string // ... or the one that was sent
}

func (s *tokenService) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	modes := map[string]bool{}
	for _, line := range words(s.modes) {
		for _, mode := range line {
			modes[mode] = true
		}
	}
	var asked request
	switch {
	case r.URL.Path != "/token":
		s.fail(w, r, asked, http.StatusNotFound, "NOT_FOUND", "no such page")
		return
	case r.Method == http.MethodGet && !modes["no-get"]:
		asked = s.readGet(r)
	case r.Method == http.MethodPost && !modes["no-post"]:
		asked = s.readPost(r)
	default:
		s.fail(w, r, asked, http.StatusMethodNotAllowed, "UNSUPPORTED", "the method is not allowed")
		return
	}
	if asked.refused != "" {
		w.Header().Set("WWW-Authenticate", `Basic realm="token service"`)
		s.fail(w, r, asked, http.StatusUnauthorized, "UNAUTHORIZED", asked.refused)
		return
	}
	s.grant(w, r, asked, modes)
}

func (s *tokenService) readGet(r *http.Request) request {
	query := r.URL.Query()
	asked := request{service: query.Get("service"), refresh: query.Get("offline_token") == "true"}
	asked.scopes = strings.Fields(strings.Join(query["scope"], " "))
	if r.Header.Get("Authorization") == "" {
		return asked
	}
	user, password, isBasic := r.BasicAuth()
	asked.user = user
	if !isBasic || !s.knows(user, password) {
		asked.refused = "incorrect username or password"
	}
	return asked
}

func (s *tokenService) readPost(r *http.Request) request {
	r.ParseForm()
	form := r.PostForm
	asked := request{service: form.Get("service"), refresh: form.Get("access_type") == "offline"}
	asked.scopes = strings.Fields(strings.Join(form["scope"], " "))
	switch form.Get("grant_type") {
	case "password":
		asked.user = form.Get("username")
		if !s.knows(asked.user, form.Get("password")) {
			asked.refused = "incorrect username or password"
		}
	case "refresh_token":
		asked.refreshToken = form.Get("refresh_token")
		s.mutex.Lock()
		asked.user = s.refreshTokens[asked.refreshToken]
		s.mutex.Unlock()
		if asked.user == "" {
			asked.refused = "the refresh token is not known"
		}
	default:
		asked.refused = "the grant type is not known"
	}
	return asked
}

func (s *tokenService) knows(user, password string) bool {
	return bcrypt.CompareHashAndPassword(s.users[user], []byte(password)) == nil
}

type accessEntry struct {
	Type    string   `json:"type"`
	Name    string   `json:"name"`
	Actions []string `json:"actions"`
}

// granted: of each scope what the user may do. A scope that grants nothing is left out, and is no error.
func granted(user string, scopes []string) []accessEntry {
	access := []accessEntry{}
	for _, scope := range scopes {
		kind, rest, _ := strings.Cut(scope, ":")
		colon := strings.LastIndex(rest, ":") // a name may have a port
		if kind != "repository" || colon < 0 {
			continue
		}
		entry := accessEntry{Type: kind, Name: rest[:colon]}
		may := allowed(user, entry.Name)
		for action := range strings.SplitSeq(rest[colon+1:], ",") {
			if slices.Contains(may, action) {
				entry.Actions = append(entry.Actions, action)
			}
		}
		if entry.Actions != nil {
			access = append(access, entry)
		}
	}
	return access
}

func (s *tokenService) grant(w http.ResponseWriter, r *http.Request, asked request, modes map[string]bool) {
	now := time.Now()
	access := granted(asked.user, asked.scopes)
	token := jwt.NewWithClaims(jwt.SigningMethodES256, jwt.MapClaims{
		"iss": s.issuer, "sub": asked.user, "aud": asked.service, "jti": rand.Text(), "access": access,
		"iat": now.Unix(), "nbf": now.Add(-10 * time.Second).Unix(), "exp": now.Add(tokenLifetime).Unix(),
	})
	token.Header["x5c"] = s.chain // both families of Distribution know it
	signed, err := token.SignedString(s.key)
	if err != nil {
		s.fail(w, r, asked, http.StatusInternalServerError, "UNKNOWN", "the token cannot be signed")
		return
	}
	answer := map[string]any{"expires_in": int(tokenLifetime.Seconds()), "issued_at": now.UTC().Format(time.RFC3339)}
	if !modes["only-access-token"] {
		answer["token"] = signed
	}
	if !modes["only-token"] {
		answer["access_token"] = signed
	}
	if asked.refreshToken == "" && asked.refresh && asked.user != "" {
		asked.refreshToken = rand.Text()
		s.mutex.Lock()
		s.refreshTokens[asked.refreshToken] = asked.user
		s.mutex.Unlock()
	}
	if asked.refreshToken != "" {
		answer["refresh_token"] = asked.refreshToken
	}
	var names []string
	for _, entry := range access {
		names = append(names, entry.Type+":"+entry.Name+":"+strings.Join(entry.Actions, ","))
	}
	logToken(r, asked, http.StatusOK, strings.Join(names, " "))
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(answer)
}

func (s *tokenService) fail(w http.ResponseWriter, r *http.Request, asked request, status int, code, message string) {
	logToken(r, asked, status, "")
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]any{"errors": []map[string]string{{"code": code, "message": message}}})
}

// logToken: who asked for what and got which answer, never a credential. A line is written before its answer.
func logToken(r *http.Request, asked request, status int, granted string) {
	logAccess("remote=%s method=%q user=%q service=%q scope=%q status=%d granted=%q", r.RemoteAddr, r.Method, asked.user,
		asked.service, strings.Join(asked.scopes, " "), status, granted)
}
