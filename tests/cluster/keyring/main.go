// Writes tests/fixtures/keyring.jsonl: what the kubelet's own code answers for made-up pull secrets. The same
// lines each time; a case whose answer depends on the order of a Go map is left out.
//
//	cd tests/cluster/keyring && go run . > ../../fixtures/keyring.jsonl
//
// go.mod is tests/cluster/kubeall's with another module name (and `go mod tidy`): for a new Kubernetes version
// run kubeall's update.sh first.
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/rand"
	"os"

	"github.com/go-logr/logr"
	v1 "k8s.io/api/core/v1"
	"k8s.io/klog/v2"
	"k8s.io/kubernetes/pkg/credentialprovider"
	"k8s.io/kubernetes/pkg/credentialprovider/secrets"
	"k8s.io/kubernetes/pkg/util/parsers"
)

// How often a case is looked up to see whether its answer is always the same.
const repeats = 24

// How many cases are made up by chance, beside one for each document.
const random = 330

type secret struct {
	Name string `json:"name"`
	Type string `json:"type"`
	Key  string `json:"key"`
	Data string `json:"data"`
}

type match struct {
	Secret   string `json:"secret"`
	Username string `json:"username"`
	Password string `json:"password"`
}

type answer struct {
	Repository string  `json:"repository"`
	Error      string  `json:"error,omitempty"`
	Matches    []match `json:"matches"`
}

type result struct {
	Image   string   `json:"image"`
	Secrets []secret `json:"secrets"`
	answer
}

func lookup(image string, given []secret) answer {
	repository, _, _, err := parsers.ParseImageName(image)
	if err != nil {
		return answer{Error: "image: " + err.Error(), Matches: []match{}}
	}
	var pull []v1.Secret
	for _, s := range given {
		object := v1.Secret{Type: v1.SecretType(s.Type), Data: map[string][]byte{s.Key: []byte(s.Data)}}
		object.Name = s.Name
		pull = append(pull, object)
	}
	keyring, err := secrets.MakeDockerKeyring(pull, &credentialprovider.BasicDockerKeyring{})
	if err != nil {
		return answer{Repository: repository, Error: "secret: " + err.Error(), Matches: []match{}}
	}
	found, _ := keyring.Lookup(repository)
	matches := []match{}
	for _, f := range found {
		m := match{Username: f.Username, Password: f.Password}
		if f.Source != nil && f.Source.Secret != nil {
			m.Secret = f.Source.Secret.Name
		}
		matches = append(matches, m)
	}
	return answer{Repository: repository, Matches: matches}
}

// stable is the answer, and whether it is the same each time. Which of several broken entries is named is by
// chance as well, and does not matter.
func stable(image string, given []secret) (result, bool) {
	first := lookup(image, given)
	for range repeats {
		again := lookup(image, given)
		if first.Error != "" && again.Error != "" {
			continue
		}
		a, _ := json.Marshal(first)
		b, _ := json.Marshal(again)
		if !bytes.Equal(a, b) {
			return result{}, false
		}
	}
	return result{image, given, first}, true
}

func quote(text string) string {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(text); err != nil {
		panic(err)
	}
	return string(bytes.TrimSpace(out.Bytes()))
}

func auth(text string) string {
	return quote(base64.StdEncoding.EncodeToString([]byte(text)))
}

func entry(r *rand.Rand, n int) string {
	user, pass := fmt.Sprintf("user%d", n), fmt.Sprintf("pass%d", n)
	switch r.Intn(14) {
	case 0:
		return "{}"
	case 1:
		return "null"
	case 2:
		return fmt.Sprintf(`{"username":%q,"password":%q}`, user, pass)
	case 3:
		return fmt.Sprintf(`{"UserName":%q,"PASSWORD":%q,"email":null}`, user, pass)
	case 4:
		return fmt.Sprintf(`{"auth":%s,"username":"other","password":"other"}`, auth(user+":"+pass))
	case 5:
		return fmt.Sprintf(`{"auth":%s}`, auth(user+":"+pass+":with:colons"))
	case 6:
		return fmt.Sprintf(`{"identitytoken":"tok","auth":%s}`, auth(user+":"))
	case 7:
		return fmt.Sprintf(`{"auth":"","username":%q}`, user)
	default:
		return fmt.Sprintf(`{"auth":%s}`, auth(user+":"+pass))
	}
}

func document(r *rand.Rand, n *int, image string) string {
	var out bytes.Buffer
	out.WriteByte('{')
	for i := range r.Intn(5) {
		if i > 0 {
			out.WriteByte(',')
		}
		key := keys[r.Intn(len(keys))]
		if r.Intn(3) == 0 {
			key = near(r, image)
		}
		fmt.Fprintf(&out, "%s:%s", quote(key), entry(r, *n))
		*n++
	}
	out.WriteByte('}')
	return out.String()
}

func secretsFor(r *rand.Rand, image string) []secret {
	n := 0
	var given []secret
	for i := range 1 + r.Intn(3) {
		s := secret{Name: fmt.Sprintf("s%d", i), Type: string(v1.SecretTypeDockerConfigJson), Key: v1.DockerConfigJsonKey}
		body := document(r, &n, image)
		s.Data = `{"auths":` + body + `}`
		switch r.Intn(16) {
		case 0, 1, 2:
			s.Type, s.Key, s.Data = string(v1.SecretTypeDockercfg), v1.DockerConfigKey, body
		case 3:
			s.Type = "Opaque"
		case 4:
			s.Key = "config.json"
		case 5:
			s.Data = ""
		case 6:
			if r.Intn(3) == 0 {
				s.Data = documents[r.Intn(len(documents))]
			}
		}
		given = append(given, s)
	}
	return given
}

func main() {
	// Entries that are ignored are logged as errors.
	klog.SetLogger(logr.Discard())
	r := rand.New(rand.NewSource(20260401))
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	write := func(image string, given []secret) {
		if found, ok := stable(image, given); ok {
			if err := out.Encode(found); err != nil {
				panic(err)
			}
		}
	}
	config := func(data string) secret {
		return secret{"s0", string(v1.SecretTypeDockerConfigJson), v1.DockerConfigJsonKey, data}
	}
	for _, data := range documents {
		write("r.example.com/team/app:1", []secret{config(data)})
	}
	for _, data := range entries {
		write("r.example.com/team/app:1", []secret{config(`{"auths":{"r.example.com":` + data + `}}`)})
		legacy := secret{"s0", string(v1.SecretTypeDockercfg), v1.DockerConfigKey, `{"r.example.com":` + data + `}`}
		if r.Intn(3) == 0 {
			write("r.example.com/team/app:1", []secret{legacy})
		}
	}
	for _, pair := range pairs {
		write(pair[0], []secret{config(fmt.Sprintf(`{"auths":{%s:{"auth":%s}}}`, quote(pair[1]), auth("user:pass")))})
	}
	for range random {
		image := images[r.Intn(len(images))]
		write(image, secretsFor(r, image))
	}
}
