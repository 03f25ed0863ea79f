package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Rules that the recording does not reach: other versions, other states, and what the log says.

const teamManifest = "/v2/team/app/manifests/none"

func TestVersionsDifferInLeewayAndInTokensOlderThanTheirProject(t *testing.T) {
	cores := startCores(t)
	young := recordedWorld()
	young.Projects[0].Created = time.Now().Add(-10 * time.Second)
	cores.write(t, young)
	scoped := func(name string) string {
		return cores.bearer(t, name, tokenPath+teamScope, basic(admin, adminPassword))
	}
	for _, c := range []struct {
		version  string
		offset   string // of the issuer's clock, in seconds
		path     string
		accepted bool
	}{
		{"2.10", "-1", "/v2/", true}, {"2.10", "30", "/v2/", false}, {"2.10.3", "-1830", "/v2/", false},
		{"2.11", "30", "/v2/", true}, {"2.11", "90", "/v2/", false}, {"2.11", "-1830", "/v2/", true},
		{"2.11", "-100", teamManifest, true}, {"2.13.4", "-100", teamManifest, true}, {"2.14.2", "-100", teamManifest, true},
		{"2.13.5", "-100", teamManifest, false}, {"2.14.3", "-100", teamManifest, false}, {"2.15", "-100", teamManifest, false},
		{"2.16", "-60", teamManifest, true}, {"2.16", "-100", "/v2/", true},
	} {
		issuing, verifying := cores.environment("a"), cores.environment("a")
		issuing["STANDIN_CLOCK_OFFSET"], verifying["HARBOR_VERSION"] = c.offset, c.version
		cores.start(t, "issuer", issuing)
		cores.start(t, "verifier", verifying)
		got := cores.ask(t, "verifier", http.MethodGet, c.path, scoped("issuer"))
		if accepted := got.status != http.StatusUnauthorized; accepted != c.accepted {
			t.Errorf("%s takes a token issued at %s s for %s: %t (%d)", c.version, c.offset, c.path, accepted, got.status)
		}
	}
}

func TestTheLogSaysWhatHarborsLogSays(t *testing.T) {
	cores := startCores(t)
	w := recordedWorld()
	gone := time.Now().Add(-time.Hour)
	w.Robots[0].Expires = &gone
	cores.write(t, w)
	cores.ask(t, "a", http.MethodGet, "/v2/", cores.signed(t, "b", 0))
	cores.ask(t, "a", http.MethodGet, "/v2/", cores.signed(t, "a", 90*time.Second))
	cores.ask(t, "a", http.MethodGet, "/v2/", basic(pullRobot, pullSecret))
	cores.ask(t, "a", http.MethodGet, "/v2/", basic(disabledRobot, offSecret))
	cores.ask(t, "d", http.MethodGet, tokenPath+noneScope, "")
	for name, lines := range map[string][]string{
		"a": {
			"[ERROR] [/pkg/token/token.go:81]: parse token error, token signature is invalid: crypto/rsa: verification error",
			"failed to decode bearer token: token signature is invalid: crypto/rsa: verification error",
			"failed to decode bearer token: token has invalid claims: token is not valid yet",
			"the robot account is expired: " + pullRobot,
			"failed to authenticate deactivated robot account: " + disabledRobot,
			"failed to authenticate user:" + pullRobot,
		},
		"d": {"Unexpected error when creating the token, error: unable to get PrivateKey from PEM type: PRIVATE KEY"},
	} {
		log := cores.core[name].out.(*lockedLog).String()
		for _, line := range lines {
			if !strings.Contains(log, line) {
				t.Errorf("core %s does not log %q:\n%s", name, line, log)
			}
		}
	}
}

func TestHarborUpTo210WordsItsLogDifferently(t *testing.T) {
	cores := startCores(t)
	old := cores.environment("a")
	old["HARBOR_VERSION"] = "2.10"
	cores.start(t, "old", old)
	cores.ask(t, "old", http.MethodGet, "/v2/", cores.signed(t, "b", 0))
	cores.ask(t, "old", http.MethodGet, "/v2/", cores.signed(t, "a", 30*time.Second))
	log := cores.core["old"].out.(*lockedLog).String()
	for _, line := range []string{"parse token error, crypto/rsa: verification error", "parse token error, token is not valid yet"} {
		if !strings.Contains(log, line) {
			t.Errorf("there is no %q in:\n%s", line, log)
		}
	}
}

func TestTheRealmHasTheExternalSchemeTheAskedHostAndTheScope(t *testing.T) {
	cores := startCores(t)
	secure := cores.environment("a")
	secure["EXT_ENDPOINT"], secure["CORE_URL"] = "https://other.test", "http://harbor.example.test"
	cores.start(t, "internal", secure)
	secure["CORE_URL"] = ""
	cores.start(t, "secure", secure)
	for name, realm := range map[string]string{
		"secure": "https://harbor.example.test", "internal": "http://harbor.example.test",
	} {
		wanted := `Bearer realm="` + realm + `/service/token",service="harbor-registry",scope="repository:team/app:pull"`
		got := cores.ask(t, name, http.MethodGet, teamManifest, "")
		if challenge := got.headers.Get("Www-Authenticate"); got.status != http.StatusUnauthorized || challenge != wanted {
			t.Errorf("core %s: %d %q", name, got.status, challenge)
		}
	}
}

func TestAKeyIsReadAnewAndAMissingOneIsAnError(t *testing.T) {
	cores := startCores(t)
	file := cores.core["a"].keyFile
	token := cores.bearer(t, "a", tokenPath, basic(admin, adminPassword))
	writeKey(t, file, cores.key["b"], false)
	if got := cores.ask(t, "a", http.MethodGet, "/v2/", token); got.status != http.StatusUnauthorized {
		t.Errorf("a token of the key before: %d", got.status)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if got := cores.ask(t, "a", http.MethodGet, tokenPath+noneScope, ""); got.status != 500 || got.body != "" {
		t.Errorf("without a key: %d %q", got.status, got.body)
	}
}

func TestARobotIsNotLockedByItsWrongSecret(t *testing.T) {
	cores := startCores(t)
	cores.core["a"].lock(pullRobot)
	if got := cores.ask(t, "a", http.MethodGet, tokenPath, basic(pullRobot, pullSecret)); got.status != http.StatusOK {
		t.Errorf("status %d", got.status)
	}
}

func TestARegistryThatIsDownIsABadGatewayAndAnUnknownOneIsNotAsked(t *testing.T) {
	cores := startCores(t)
	behind := cores.environment("a")
	behind["REGISTRY_URL"] = "http://127.0.0.1:9"
	cores.start(t, "behind", behind)
	if got := cores.ask(t, "behind", http.MethodGet, "/v2/", basic(admin, adminPassword)); got.status != http.StatusBadGateway {
		t.Errorf("logged in: %d", got.status)
	}
	if got := cores.ask(t, "behind", http.MethodGet, "/v2/", ""); got.status != http.StatusUnauthorized {
		t.Errorf("anonymous: %d", got.status)
	}
}

func TestPasswordsMayBeHashed(t *testing.T) {
	// openssl kdf -keylen 16 -kdfopt digest:SHA256 -kdfopt pass:test -kdfopt salt:salt -kdfopt iter:4096 PBKDF2
	hashed := secret{Salt: "salt", Hash: "3ee871710fea7d389ff72f14fb887132"}
	if !hashed.is("test") || hashed.is("other") || (secret{}).is("") {
		t.Error("a hashed password is not compared")
	}
}

func TestSha256sumPrintsWhatCoreutilsPrints(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "empty")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var out, complaints strings.Builder
	status := sha256sum([]string{file, file + ".missing"}, strings.NewReader(""), &out, &complaints)
	const ofNothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	if status != 1 || out.String() != ofNothing+"  "+file+"\n" {
		t.Errorf("status %d, %q", status, out.String())
	}
	if complaints.String() != "sha256sum: "+file+".missing: No such file or directory\n" {
		t.Errorf("%q", complaints.String())
	}
}

func TestACoreThatIsToldToBeDownCutsConnectionsOff(t *testing.T) {
	cores := startCores(t)
	down := cores.environment("a")
	down["STANDIN_DOWN"] = filepath.Join(t.TempDir(), "down")
	cores.start(t, "down", down)
	ping := cores.server["down"].URL + "/api/v2.0/ping"
	answer, err := http.Get(ping)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if err := os.WriteFile(down["STANDIN_DOWN"], nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if answer, err := http.Get(ping); err == nil {
		t.Errorf("it answers %d", answer.StatusCode)
	}
}

func TestAKeyIsMadeOnlyWhereThereIsNone(t *testing.T) {
	file := filepath.Join(t.TempDir(), "key.pem")
	if err := makeKey(file); err != nil {
		t.Fatal(err)
	}
	made, err := os.ReadFile(file)
	if err != nil || !strings.HasPrefix(string(made), "-----BEGIN RSA PRIVATE KEY-----") {
		t.Fatalf("%v, %.40q", err, made)
	}
	if err := makeKey(file); err != nil {
		t.Fatal(err)
	}
	if again, err := os.ReadFile(file); err != nil || string(again) != string(made) {
		t.Errorf("the key was replaced: %v", err)
	}
}
