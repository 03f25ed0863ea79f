package main

import (
	"flag"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"time"
)

// serveProxy is an HTTP proxy: CONNECT for TLS, absolute URLs for plain HTTP. With -refuse it answers 403 to all.
func serveProxy(arguments []string) error {
	flags := flag.NewFlagSet("proxy", flag.ExitOnError)
	listen := flags.String("listen", "", "ADDRESS:PORT")
	refuse := flags.Bool("refuse", false, "answer 403 to every request")
	flags.Parse(arguments)

	forward := &httputil.ReverseProxy{
		Rewrite:   func(*httputil.ProxyRequest) {}, // as it came, without headers of our own
		Transport: &http.Transport{Proxy: nil},
	}
	handler := func(w http.ResponseWriter, r *http.Request) {
		status := http.StatusOK
		switch {
		case *refuse:
			status = http.StatusForbidden
			http.Error(w, "this destination is not allowed", status)
		case r.Method == http.MethodConnect:
			status = tunnel(w, r.Host)
		case !r.URL.IsAbs():
			status = http.StatusBadRequest
			http.Error(w, "this is a proxy", status)
		default:
			forward.ServeHTTP(w, r)
		}
		logAccess("remote=%s method=%q target=%q status=%d", r.RemoteAddr, r.Method, r.Host, status)
	}
	log.Printf("proxy at %s, refuse: %v", *listen, *refuse)
	return http.ListenAndServe(*listen, http.HandlerFunc(handler))
}

// tunnel copies until both sides have ended what they send. The status is that of the CONNECT.
func tunnel(w http.ResponseWriter, target string) int {
	there, err := net.DialTimeout("tcp", target, 10*time.Second)
	if err != nil {
		http.Error(w, "the destination cannot be reached", http.StatusBadGateway)
		return http.StatusBadGateway
	}
	here, buffered, err := w.(http.Hijacker).Hijack()
	if err != nil {
		there.Close()
		return http.StatusInternalServerError
	}
	io.WriteString(here, "HTTP/1.1 200 Connection established\r\n\r\n")
	done := make(chan struct{}, 2)
	copyTo := func(to net.Conn, from io.Reader) {
		io.Copy(to, from)
		if half, ok := to.(*net.TCPConn); ok {
			half.CloseWrite()
		}
		done <- struct{}{}
	}
	go copyTo(there, buffered)
	go copyTo(here, there)
	go func() {
		<-done
		<-done
		here.Close()
		there.Close()
	}()
	return http.StatusOK
}
