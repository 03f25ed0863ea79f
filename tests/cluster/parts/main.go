// The cluster's own small services: what a real cluster has around it, cut down to what tests need, and each able to
// fail on demand. One program, because its parts share a build; the first argument names the part. Called as
// `network-policy` it is the CNI plugin of that name.
package main

import (
	"fmt"
	"log"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"sync"
	"time"
)

var parts = map[string]func(arguments []string) error{
	"token-service":        serveTokens,
	"nameserver":           serveNames,
	"proxy":                serveProxy,
	"network-policy-agent": servePolicies,
	"ntp":                  serveTime,
}

func main() {
	log.SetFlags(log.LstdFlags | log.LUTC)
	if filepath.Base(os.Args[0]) == pluginName {
		runPlugin()
		return
	}
	if len(os.Args) < 2 || parts[os.Args[1]] == nil {
		names := make([]string, 0, len(parts))
		for name := range parts {
			names = append(names, name)
		}
		sort.Strings(names)
		fmt.Fprintln(os.Stderr, "usage: parts "+strings.Join(names, "|")+" [ARGUMENTS]")
		os.Exit(2)
	}
	if err := parts[os.Args[1]](os.Args[2:]); err != nil {
		log.Fatal(err)
	}
}

var access sync.Mutex

// logAccess writes one line to standard output, where the registries write theirs, too: time (UTC), then key=value
// pairs, with every value that a client chose in quotes.
func logAccess(format string, values ...any) {
	line := time.Now().UTC().Format("2006-01-02T15:04:05.000Z ") + fmt.Sprintf(format, values...) + "\n"
	access.Lock()
	defer access.Unlock()
	os.Stdout.WriteString(line)
}

// words reads a small file that `fault` writes, anew at each use, so that a fault takes effect at once: the words of
// each line. A file that is not there is empty.
func words(file string) [][]string {
	var lines [][]string
	text, _ := os.ReadFile(file)
	for _, line := range strings.Split(string(text), "\n") {
		if fields := strings.Fields(line); len(fields) > 0 {
			lines = append(lines, fields)
		}
	}
	return lines
}
