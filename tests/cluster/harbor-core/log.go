package main

import (
	"fmt"
	"net/http"
)

// The lines below are worded as Harbor's (2.11 to 2.16): time, level and place as in src/lib/log/textformatter.go and
// logger.go, the texts and their line numbers as in logs that users published: goharbor/harbor issues 18796, 20819 and
// 22090 (keys that differ), 18293 (clock), 19489 (PKCS#8). Only levels from info up are printed, Harbor's default.
const (
	inToken      = "/pkg/token/token.go:81"
	inOptions    = "/pkg/token/options.go:76"
	inV2Token    = "/server/middleware/security/v2_token.go:59"
	inRobot      = "/server/middleware/security/robot.go:61"
	inRobotOff   = "/server/middleware/security/robot.go:65"
	inRobotOld   = "/server/middleware/security/robot.go:70"
	inBasicAuth  = "/server/middleware/security/basic_auth.go:72"
	inTokenMaker = "/core/service/token/token.go:50"
	inService    = "/core/service/token/token.go:39"
	inCSRF       = "/server/middleware/csrf/csrf.go:52"
)

func (c *core) log(level, place, format string, values ...any) {
	c.logWith(level, "["+place+"]", format, values...)
}

// logClient adds who asked, as basic_auth.go does.
func (c *core) logClient(r *http.Request, level, place, format string, values ...any) {
	client := r.Header.Get("X-Forwarded-For")
	if client == "" {
		client = r.RemoteAddr
	}
	where := fmt.Sprintf(`[%s][client IP="%s" user agent="%s"]`, place, client, r.UserAgent())
	c.logWith(level, where, format, values...)
}

func (c *core) logWith(level, where, format string, values ...any) {
	stamp := c.now().UTC().Format("2006-01-02T15:04:05Z07:00")
	line := fmt.Sprintf("%s [%s] %s: %s\n", stamp, level, where, fmt.Sprintf(format, values...))
	c.logging.Lock()
	defer c.logging.Unlock()
	c.out.Write([]byte(line))
}
