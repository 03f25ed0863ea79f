package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"testing"
)

// The recording: exchanges with real cores of Harbor 2.16, one JSON object a line. Cores a and c have one key, b has
// another, d has the key of a in PKCS#8 form. Bodies were cut at 600 characters.
const recording = "../../fixtures/harbor-2.16.jsonl"

type exchange struct {
	Case    string `json:"case"`
	Core    string `json:"core"`
	CoreKid string `json:"core_kid"`
	Request struct {
		Method string `json:"method"`
		Path   string `json:"path"`
		Auth   string `json:"auth"`
	} `json:"request"`
	Status  int               `json:"status"`
	Headers map[string]string `json:"headers"`
	Body    string            `json:"body"`
	Token   *recordedToken    `json:"token"`
}

type recordedToken struct {
	Header map[string]any `json:"header"`
	Claims map[string]any `json:"claims"`
}

// TestEveryRecordedExchange plays the recording to four stand-ins in its order, because some exchanges belong together,
// each as a test of its own.
func TestEveryRecordedExchange(t *testing.T) {
	exchanges := readRecording(t)
	if len(exchanges) != 89 {
		t.Fatalf("the recording has %d exchanges, not 89", len(exchanges))
	}
	cores := startCores(t)
	held := 0
	for at, recorded := range exchanges {
		name := fmt.Sprintf("%02d %s, core %s", at+1, recorded.Case, recorded.Core)
		if t.Run(name, func(t *testing.T) { cores.compare(t, recorded, cores.play(t, recorded)) }) {
			held++
		}
	}
	fmt.Printf("%d of %d recorded exchanges hold\n", held, len(exchanges))
}

func readRecording(t *testing.T) []exchange {
	t.Helper()
	file, err := os.Open(recording)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var all []exchange
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var one exchange
		if err := json.Unmarshal(lines.Bytes(), &one); err != nil {
			t.Fatalf("line %d: %v", len(all)+1, err)
		}
		all = append(all, one)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}
