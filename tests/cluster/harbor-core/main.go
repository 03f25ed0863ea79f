// A stand-in for Harbor's core: what Harbor 2.10 to 2.16 says on the wire about tokens and rights, cut down to what a
// client sees of it. contract_test.go holds it to exchanges that were recorded with real cores.
//
// Called as `sha256sum` it is that program: the real image has coreutils, and this one is all that its image holds.
package main

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"
)

func main() {
	if filepath.Base(os.Args[0]) == "sha256sum" {
		os.Exit(sha256sum(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
	}
	configuration, err := readConfiguration(os.Getenv)
	if err == nil && configuration.makesKey {
		err = makeKey(configuration.keyFile)
	}
	if err == nil {
		err = serve(newCore(configuration, os.Stdout))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "harbor-core:", err)
		os.Exit(1)
	}
}

// serve answers until it is told to end: plain HTTP on 8080, or with internal TLS on 8443 and nowhere else.
func serve(c *core) error {
	server := &http.Server{Addr: c.listen, Handler: c, ReadHeaderTimeout: time.Minute}
	listener, err := net.Listen("tcp", c.listen)
	if err != nil {
		return err
	}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM, syscall.SIGINT)
	go func() {
		<-stop
		server.Close()
	}()
	// As beego prints it; a test that chose port 0 reads the port here.
	scheme := "http"
	if c.internalTLS {
		scheme = "https"
	}
	fmt.Fprintf(c.out, "%s [I] [server.go:281]  %s server Running on %s://%s\n",
		c.now().UTC().Format("2006/01/02 15:04:05.000"), scheme, scheme, listener.Addr())
	if c.internalTLS {
		server.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12}
		err = server.ServeTLS(listener, c.certificate, c.certificateKey)
	} else {
		err = server.Serve(listener)
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// makeKey writes a key of this process alone, in the form that Harbor wants.
func makeKey(file string) error {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return err
	}
	opened, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	} else if err != nil {
		return err
	}
	defer opened.Close()
	return pem.Encode(opened, &pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
}
