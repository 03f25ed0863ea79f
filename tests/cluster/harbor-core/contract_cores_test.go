package main

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// Who is in the recording; its secrets are not, so these are of this test's own.
const (
	admin, adminPassword     = "admin", "test-only-admin"
	dev, devPassword         = "dev", "test-only-dev"
	pullRobot, pullSecret    = "robot$team+rec1795225286", "test-only-pull"
	disabledRobot, offSecret = "robot$team+off", "test-only-off"
)

func recordedWorld() world {
	longAgo := time.Now().Add(-1000 * time.Hour)
	mayPull := []permission{{Project: "team", Actions: []string{"pull"}}}
	return world{
		Projects: []project{{Name: "team", Created: longAgo}, {Name: "library", Public: true, Created: longAgo}},
		Users: []user{
			{Name: admin, Admin: true, secret: secret{Password: adminPassword}},
			{Name: dev, secret: secret{Password: devPassword}},
		},
		Robots: []robot{
			{Name: pullRobot, Permissions: mayPull, secret: secret{Password: pullSecret}},
			{Name: disabledRobot, Permissions: mayPull, Disabled: true, secret: secret{Password: offSecret}},
		},
	}
}

// testCores are cores that share one world, and what the exchanges so far have left.
type testCores struct {
	core     map[string]*core
	server   map[string]*httptest.Server
	key      map[string]*rsa.PrivateKey
	kid      map[string]string // of the recording, to that of the stand-in
	world    string            // its file
	location string            // of the upload that was started
	refused  chan answered     // the wrong login that takes its time
}

func startCores(t *testing.T) *testCores {
	t.Helper()
	dir := t.TempDir()
	one, other := newKey(t), newKey(t)
	cores := &testCores{
		core: map[string]*core{}, server: map[string]*httptest.Server{}, kid: map[string]string{},
		key:   map[string]*rsa.PrivateKey{"a": one, "b": other, "c": one, "d": one},
		world: filepath.Join(dir, "world.json"),
	}
	cores.write(t, recordedWorld())
	for name, key := range cores.key {
		writeKey(t, cores.keyFile(name), key, name == "d")
		cores.start(t, name, cores.environment(name))
	}
	return cores
}

func (cores *testCores) keyFile(name string) string {
	return filepath.Join(filepath.Dir(cores.world), name+".pem")
}

// environment of the core of that name: as it was when the exchanges were recorded.
func (cores *testCores) environment(name string) map[string]string {
	return map[string]string{
		"TOKEN_PRIVATE_KEY_PATH": cores.keyFile(name), "STANDIN_WORLD": cores.world,
		"EXT_ENDPOINT": "http://harbor.test:8080", "CSRF_KEY": strings.Repeat("c", 32),
		"JOBSERVICE_URL": "http://127.0.0.1:9", "PORTAL_URL": "http://127.0.0.1:9",
		"REGISTRY_CONTROLLER_URL": "http://127.0.0.1:9",
	}
}

func (cores *testCores) start(t *testing.T, name string, environment map[string]string) {
	t.Helper()
	configuration, err := readConfiguration(func(key string) string { return environment[key] })
	if err != nil {
		t.Fatal(err)
	}
	cores.core[name] = newCore(configuration, &lockedLog{})
	cores.server[name] = httptest.NewServer(cores.core[name])
	t.Cleanup(cores.server[name].Close)
}

func (cores *testCores) write(t *testing.T, w world) {
	t.Helper()
	text, err := json.Marshal(w)
	if err != nil {
		t.Fatal(err)
	}
	// At once: a core may be reading it.
	if err := os.WriteFile(cores.world+".new", text, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(cores.world+".new", cores.world); err != nil {
		t.Fatal(err)
	}
}

func newKey(t *testing.T) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func writeKey(t *testing.T, file string, key *rsa.PrivateKey, asPKCS8 bool) {
	t.Helper()
	block := &pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}
	if asPKCS8 {
		der, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			t.Fatal(err)
		}
		block = &pem.Block{Type: "PRIVATE KEY", Bytes: der}
	}
	if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
		t.Fatal(err)
	}
}

// lockedLog keeps what a core printed.
type lockedLog struct {
	mutex sync.Mutex
	text  strings.Builder
}

func (l *lockedLog) Write(bytes []byte) (int, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.text.Write(bytes)
}

func (l *lockedLog) String() string {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.text.String()
}
