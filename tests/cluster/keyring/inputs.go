package main

import (
	"math/rand"
	"strings"
)

var images = []string{
	"nginx", "nginx:1.25", "team/app", "docker.io/nginx", "index.docker.io/team/app", "registry-1.docker.io/library/nginx",
	"localhost/app", "localhost:5000/app", "UPPER/app", "r.example.com/team/app:1", "r.example.com:5000/team/app",
	"a.b.example.com/team/app/web", "10.0.0.5:5000/team/app", "[2001:db8::1]:5000/team/app", "[2001:db8::1]/team/app",
	"123456789012.dkr.ecr.eu-central-1.amazonaws.com/app", "us-docker.pkg.dev/project/repo/app", "gcr.io/project/app",
	"myregistry.azurecr.io/app", "ghcr.io/org/app", "my_host.example/app", "[:::]/app",
	"r.example.com/team/app@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
	"r.example.com/Team/app", "https://r.example.com/app", "r.example.com/", "",
}

var keys = []string{
	"docker.io", "https://docker.io", "index.docker.io", "https://index.docker.io/v1/", "https://index.docker.io/v1",
	"https://index.docker.io/v2/", "index.docker.io/v1/", "http://index.docker.io/v1/", "registry-1.docker.io",
	"https://registry-1.docker.io/v2/", "hub.docker.com", "docker.io/library", "docker.io/library/nginx", "index.docker.io/library",
	"*.docker.io", "*.io", "*", "*.*", "*.*.*", "*.*.*.*", "**.example.com", "r.*.com", "r.ex*le.com", "*.example.com",
	"*.b.example.com", "a.*.example.com", "?.example.com", "r?.example.com", "[r].example.com", "[r", "r].example.com", "r.[a-z]*.com",
	"r\\.example.com", "r.example.com", "R.example.com", "r.example.com.", "r.example.com:443", "r.example.com:5000", "r.example.com:",
	"r.example.com:port", "r.example.com:5000:5000", "*:5000", "*.example.com:5000", "r.example.com/", "r.example.com//",
	"r.example.com/v1/", "r.example.com/v2/", "r.example.com/v2", "r.example.com/v2/team", "r.example.com/v3/", "r.example.com/te",
	"r.example.com/team", "r.example.com/team/", "r.example.com/team/app", "r.example.com/team/app/", "r.example.com/team/app:1",
	"r.example.com/Team", "r.example.com/*", "https://r.example.com", "http://r.example.com", "HTTPS://r.example.com",
	"https://https://r.example.com", "https:r.example.com", "https:/r.example.com", "ftp://r.example.com", "//r.example.com",
	"https://user@r.example.com", "https://user:pw@r.example.com/team", "us er@r.example.com", "a@b@r.example.com",
	"r.example.com?x=1", "r.example.com/team?x", "r.example.com#frag", "r.example.com/team#%zz", "r.example.com/%74eam",
	"r.example.com/%2574eam", "r.example.com/te%61m", "r.example.com/%", "r.example.com/%3Fx", "r.example.com/%23", "%72.example.com",
	"r%2Eexample.com", "r.example.com/%00", " r.example.com", "r.example.com ", "r.example.com\n", "r.exam ple.com", "", "/", "https://",
	"https:///team", "é.example.com", "%C3%A9.example.com", "r.example.com/é", "10.0.0.5:5000", "10.0.*.5:5000", "*.*.*.*:5000", "10.0.0.5:5000/team",
	"[2001:db8::1]:5000", "[2001:db8::1]", "[2001:DB8::1]:5000", "[2001:db8:0::1]:5000", "[2001:db8::*]:5000", "[::ffff:10.0.0.5]:5000",
	"[10.0.0.5]:5000", "[fe80::1%25eth0]:5000", "[fe80::1%252541]", "2001:db8::1", "[", "]", "[]", "[]:5000", "my_host.example", "localhost",
	"localhost:5000", "UPPER", "upper", "*.dkr.ecr.*.amazonaws.com", "*.dkr.ecr.eu-central-1.amazonaws.com", "*.amazonaws.com", "us-docker.pkg.dev", "*-docker.pkg.dev",
	"docker.pkg.dev", "europe-docker.pkg.dev", "us-docker.pkg.dev/project", "us-docker.pkg.dev/project/repo", "gcr.io", "*.gcr.io", "eu.gcr.io",
	"*.azurecr.io", "myregistry.azurecr.io", "ghcr.io", "ghcr.io/org", "ghcr.io/or", "https://ghcr.io/v2/",
}

// near is a key that is made from the image.
func near(r *rand.Rand, image string) string {
	name, _, _ := strings.Cut(image, "@")
	host, path, _ := strings.Cut(name, "/")
	labels := strings.Split(host, ".")
	switch r.Intn(9) {
	case 0:
		return host
	case 1:
		return "https://" + host + "/v2/"
	case 2:
		return host + "/" + path[:r.Intn(len(path)+1)]
	case 3:
		labels[r.Intn(len(labels))] = "*"
		return strings.Join(labels, ".")
	case 4:
		return "*." + strings.Join(labels[1:], ".")
	case 5:
		return strings.ToUpper(host)
	case 6:
		return "http://" + host + "/v1/" + path
	case 7:
		return "*." + host
	default:
		return host + ":443"
	}
}

var documents = []string{
	"", " ", "null", "{}", "[]", `""`, "0", "true", "{", `{"auths"`, `{"auths":}`, `{"auths":{}`, `{"auths":{}}}`, `{"auths":{}} x`,
	"\ufeff{}", `{"auths":null}`, `{"auths":[]}`, `{"auths":"x"}`, `{"auths":1}`, `{'auths':{}}`, `{"auths":{},}`, `{auths:{}}`,
	`{"AUTHS":{"r.example.com":{"username":"u","password":"p"}}}`, `{"auth\u017f":{"r.example.com":{"username":"u","pas\u017fword":"p"}}}`,
	`{"authſ":{"r.example.com":{"uſername":"u","paſſword":"p"}}}`, `{" auths":{"r.example.com":{"username":"u"}}}`,
	`{"auths":{"r.example.com":{"username":"a"}},"Auths":{"*.example.com":{"username":"b"}}}`,
	`{"auths":{"r.example.com":{"username":"a","password":"p"},"r.example.com":{"username":"b"}}}`,
	`{"auths":{"r.example.com":{"username":"a"}},"auths":null}`, `{"auths":null,"auths":{"r.example.com":{"username":"a"}}}`,
	`{"auths":{"r.example.com":{"username":"a"}},"auths":{"r.example.com":{"password":"b"}}}`,
	`{"auths":{"r.example.com":{"username":"a"}},"HttpHeaders":{"X":"y"}}`, `{"auths":{"r.example.com":{"username":"a"}},"httpheaders":{"X":1}}`,
	`{"auths":{"r.example.com":{"username":"a"}},"HttpHeaders":"x"}`, `{"auths":{"r.example.com":{"username":"a"}},"HttpHeaders":null}`,
	`{"auths":{"r.example.com":{"username":"a"}},"HttpHeaders":{"X":null}}`, `{"auths":{"r.example.com":{"username":"a"}},"credsStore":5,"credHelpers":[1e999]}`,
	`{"auths":{"r.example.com":{"username":"a"}},"credsStore":"osxkeychain","credHelpers":{"r.example.com":"ecr-login"}}`,
	`{"r.example.com":{"username":"a"}}`, `{"auths":{"r.example.com":{"username":"a"}},"x":01}`, `{"auths":{"r.example.com":{"username":"a"}},"x":-}`,
	`{"auths":{"r.example.com":{"username":"a"}},"x":1.}`, `{"auths":{"r.example.com":{"username":"a"}},"x":-0.5E+2}`, `{"auths":{"r.example.com":{"username":"a"}},"x":nul}`,
	"{\"auths\":{\"r.example.com\":{\"username\":\"a\tb\"}}}", "{\"auths\":{\"r.example.com\":{\"username\":\"a\x7fb\"}}}",
	"\t\r\n {\"auths\":{\"r.example.com\":{\"username\":\"a\"}}}\n\n", "\v{}", `{"auths":{"\u0072.example.com":{"username":"\ud83d\ude00\ud800\udc00x\ud800"}}}`,
	`{"auths":{"r.example.com":{"username":"\x41"}}}`, `{"auths":{"r.example.com":{"username":"\u12"}}}`, `{"auths":{"r.example.com":{"username":"\'"}}}`,
	`{"auths":{"r.example.com":{"username":"\ude00\ud83d\u0041\/\b\f"}}}`,
	strings.Repeat("[", 10) + strings.Repeat("]", 10), `{"x":` + strings.Repeat("[", 400) + strings.Repeat("]", 400) + `}`,
	`{"auths":{"r.example.com":{"username":"first"},"https://R.example.com":{"username":"upper"},"*.example.com":{"username":"glob"},"r.example.com/team":{"username":"path"}}}`,
}

var entries = []string{
	"{}", "null", "[]", `"x"`, "5", "true", "{", `{"auth":null}`, `{"auth":5}`, `{"auth":{}}`, `{"auth":"hunter2"}`, `{"auth":"!!!!"}`,
	`{"auth":"dXNlcg=="}`, `{"auth":"dXNlcg"}`, `{"auth":"dXNlcjpwYXNz"}`, `{"auth":"dXNlcjpwYXNz\n"}`, `{"auth":"dXNl\r\ncjpw\nYXNz"}`, `{"auth":"dXNlcjpwYXNz "}`,
	`{"auth":"dXNlcjpwYXM="}`, `{"auth":"dXNlcjpwYXM"}`, `{"auth":"dXNlcjpwYQ=="}`, `{"auth":"dXNlcjpwYQ="}`, `{"auth":"dXNlcjpwYQ"}`, `{"auth":"dXNlcjpwYQ=\n="}`,
	`{"auth":"dXNlcjpwYQ==\n"}`, `{"auth":"dXNlcjpwYQ== "}`, `{"auth":"dXNlcjpwYQ==="}`, `{"auth":"dXNlcjpwYR=="}`, `{"auth":"dXNlcjpwYQ==dXNl"}`, `{"auth":"="}`,
	`{"auth":"===="}`, `{"auth":"d"}`, `{"auth":"\n"}`, `{"auth":" "}`, `{"auth":"Og=="}`, `{"auth":"Og"}`, `{"auth":"OnBhc3M="}`, `{"auth":"dXNlcjo="}`,
	`{"auth":"dXNlcjpwYTpzOnM="}`, `{"auth":"_-_-"}`, `{"auth":"/////w=="}`, `{"auth":"/zr+wYA="}`, `{"auth":"dXNlcjpwYXNz\u0000"}`, `{"auth":"dXNlcjpwYXNz\u00a0"}`,
	`{"auth":"4oKCOuKCrOKC"}`, `{"username":"u","password":"p","auth":""}`, `{"username":"u","password":"p","auth":null}`, `{"auth":"dXNlcjpwYXNz","auth":null}`,
	`{"auth":"dXNlcjpwYXNz","auth":""}`, `{"auth":"x","auth":"dXNlcjpwYXNz"}`, `{"AUTH":"dXNlcjpwYXNz"}`, `{"username":"u","USERNAME":"v"}`, `{"username":"u","username":null}`,
	`{"username":1}`, `{"password":["p"]}`, `{"email":1}`, `{"email":{"hunter2":1},"auth":"dXNlcjpwYXNz"}`, `{"identitytoken":"t"}`, `{"identitytoken":5}`,
	`{"registrytoken":"t","username":"u"}`, `{"username":"u"}`, `{"password":"p"}`, `{"Username":"u","Password":"p","Provider":5}`, `{"provider":{}}`,
	"{\"username\":\"u\xff\xfe\",\"password\":\"\xe2\x82p\"}", `{"username":"","password":""}`, `{"username":"u","password":"p","extra":{"a":[1,2,{"b":null}]}}`,
}

// An image, and a key that matches or nearly does.
var pairs = func() [][2]string {
	var out [][2]string
	for _, key := range keys {
		for _, image := range []string{"nginx", "r.example.com/team/app:1", "[2001:db8::1]:5000/team/app"} {
			label, _, _ := strings.Cut(strings.TrimLeft(image, "["), ".")
			isHub := strings.Contains(key, "docker.io") || strings.HasPrefix(key, "*")
			if image == "nginx" && !isHub || strings.HasPrefix(image, "[") && !strings.HasPrefix(key, "[") || image != "nginx" && isHub && label != "r" {
				continue
			}
			out = append(out, [2]string{image, key})
		}
	}
	out = append(out, [2]string{"localhost/app", "index.docker.io"}, [2]string{"UPPER/app", "https://index.docker.io/v1/"},
		[2]string{"[:::]/app", "*"}, [2]string{"[:::]/app", "index.docker.io"}, [2]string{"localhost:5000/app", "index.docker.io"})
	return out
}()
