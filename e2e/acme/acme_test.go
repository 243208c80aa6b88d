// Package acme has a real ACME server, pebble, give the server its certificate. It
// is a module of its own, so that the product's stays free of pebble.
package acme

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/letsencrypt/pebble/v2/ca"
	"github.com/letsencrypt/pebble/v2/db"
	"github.com/letsencrypt/pebble/v2/va"
	"github.com/letsencrypt/pebble/v2/wfe"
	"github.com/miekg/dns"
)

// name is what the server gets a certificate for.
const name = "chat.parley.test"

// parley is the program under test.
var parley string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "parley-acme")
	if err != nil {
		log.Fatal(err)
	}
	parley = filepath.Join(dir, "parley")
	build := exec.Command("go", "build", "-o", parley, "./cmd/parley")
	build.Dir, build.Stderr = "../..", os.Stderr
	if err := build.Run(); err != nil {
		log.Fatal(err)
	}
	// Both make pebble kinder than it is by default: it sleeps, and refuses nonces,
	// at random.
	os.Setenv("PEBBLE_VA_NOSLEEP", "1")
	os.Setenv("PEBBLE_WFE_NONCEREJECT", "0")
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// An authority is a pebble that finds every name at this machine.
type authority struct {
	*httptest.Server
	ca    *ca.CAImpl
	file  string // PEM: who signed the authority's own certificate
	roots *x509.CertPool
}

// newAuthority starts an authority that checks names on these ports.
func newAuthority(t *testing.T, httpPort, tlsPort int) *authority {
	t.Helper()
	quiet := log.New(io.Discard, "", 0)
	store := db.NewMemoryStore()
	a := &authority{roots: x509.NewCertPool(), file: filepath.Join(t.TempDir(), "authority.pem")}
	a.ca = ca.New(quiet, store, "", "ecdsa", 0, 1, map[string]ca.Profile{"default": {Description: "for tests"}})
	checker := va.New(quiet, httpPort, tlsPort, true, resolver(t), store)
	front := wfe.New(quiet, store, checker, a.ca, []string{"pebble.letsencrypt.org"}, true, false, 0, 0)
	a.Server = httptest.NewTLSServer(front.Handler())
	t.Cleanup(a.Close)
	own := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.Certificate().Raw})
	if err := os.WriteFile(a.file, own, 0o600); err != nil {
		t.Fatal(err)
	}
	a.roots.AppendCertsFromPEM(a.ca.GetRootCert(0).PEM())
	return a
}

// resolver starts a name server for which every name is this machine, and returns
// its address.
func resolver(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &dns.Server{Listener: l, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		m := new(dns.Msg).SetReply(q)
		for _, question := range q.Question {
			if question.Qtype == dns.TypeA {
				h := dns.RR_Header{Name: question.Name, Rrtype: dns.TypeA, Class: dns.ClassINET}
				m.Answer = append(m.Answer, &dns.A{Hdr: h, A: net.IPv4(127, 0, 0, 1)})
			}
		}
		w.WriteMsg(m)
	})}
	go s.ActivateAndServe()
	t.Cleanup(func() { s.Shutdown() })
	return l.Addr().String()
}

var given = map[int]bool{} // ports that are somebody's, though nobody listens there yet

// freePort returns a port on which nothing listens, and that the system gives to no
// connection by itself: none twice.
func freePort(t *testing.T) int {
	t.Helper()
	for range 100 {
		port := 11000 + rand.IntN(20000)
		if given[port] {
			continue
		}
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err == nil {
			defer l.Close()
			given[port] = true
			return port
		}
	}
	t.Fatal("no port is free")
	return 0
}

// serve starts the server until stop is called, which returns its log.
func serve(t *testing.T, data string, a *authority, tlsPort int, more ...string) (stop func() string) {
	t.Helper()
	cmd := exec.Command(parley, append([]string{
		"serve", "--data", data, "--listen", fmt.Sprintf("127.0.0.1:%d", tlsPort), "--acme-domains", name,
		"--acme-directory", a.URL + wfe.DirectoryPath, "--acme-ca", a.file, "--acme-email", "operator@parley.test",
	}, more...)...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := false
	stop = func() string {
		if !ended {
			ended = true
			cmd.Process.Signal(syscall.SIGTERM)
			cmd.Wait()
		}
		return out.String()
	}
	t.Cleanup(func() { stop() })
	return stop
}

// get asks the server for its description, and returns what the connection was.
func get(a *authority, tlsPort int) (*http.Response, error) {
	client := &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{
		DisableKeepAlives: true, ForceAttemptHTTP2: true,
		TLSClientConfig: &tls.Config{RootCAs: a.roots, ServerName: name},
	}}
	resp, err := client.Post(fmt.Sprintf("https://127.0.0.1:%d/v1/info", tlsPort), "application/cbor", nil)
	if err == nil {
		resp.Body.Close()
	}
	return resp, err
}

// eventually asks until the server is there and has a certificate.
func eventually(t *testing.T, a *authority, tlsPort int, stop func() string) *http.Response {
	t.Helper()
	for deadline := time.Now().Add(90 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		resp, err := get(a, tlsPort)
		if err == nil {
			return resp
		}
		if time.Now().After(deadline) {
			t.Fatalf("no certificate: %v\n%s", err, stop())
		}
	}
}

// check checks that a response came under a certificate of a's.
func check(t *testing.T, resp *http.Response) {
	t.Helper()
	leaf := resp.TLS.PeerCertificates[0]
	if resp.StatusCode != http.StatusOK || resp.ProtoMajor != 2 || leaf.VerifyHostname(name) != nil {
		t.Errorf("%s %s for %v; want 200 over HTTP/2 for %s", resp.Proto, resp.Status, leaf.DNSNames, name)
	}
}

// TestTLSALPN01: the server proves its name on the port that it serves on, and
// keeps the certificate for the next start.
func TestTLSALPN01(t *testing.T) {
	data, tlsPort := filepath.Join(t.TempDir(), "data"), freePort(t)
	a := newAuthority(t, freePort(t), tlsPort)
	stop := serve(t, data, a, tlsPort, "--acme-accept-terms", "yes")
	first := eventually(t, a, tlsPort, stop)
	check(t, first)
	stop()

	a.Close() // a certificate that is kept needs no authority
	stop = serve(t, data, a, tlsPort, "--acme-accept-terms", "yes")
	second := eventually(t, a, tlsPort, stop)
	check(t, second)
	if !first.TLS.PeerCertificates[0].Equal(second.TLS.PeerCertificates[0]) {
		t.Error("after a restart there is another certificate")
	}
	if log := stop(); strings.Contains(log, name) {
		t.Errorf("the log names who was asked for: %s", log)
	}
}

// TestHTTP01: where the authority can't reach the TLS port, the server proves its
// name on http_listen.
func TestHTTP01(t *testing.T) {
	tlsPort, httpPort := freePort(t), freePort(t)
	a := newAuthority(t, httpPort, freePort(t))
	stop := serve(t, filepath.Join(t.TempDir(), "data"), a, tlsPort,
		"--acme-accept-terms", "yes", "--http-listen", fmt.Sprintf("127.0.0.1:%d", httpPort))
	check(t, eventually(t, a, tlsPort, stop))
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Get(fmt.Sprintf("http://127.0.0.1:%d/somewhere", httpPort))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusMovedPermanently || resp.Header.Get("Location") != "https://127.0.0.1/somewhere" {
		t.Errorf("http_listen: %s to %q; want a redirect to https", resp.Status, resp.Header.Get("Location"))
	}
}

// TestOtherName: the server asks for no certificate but its own.
func TestOtherName(t *testing.T) {
	tlsPort := freePort(t)
	a := newAuthority(t, freePort(t), tlsPort)
	stop := serve(t, filepath.Join(t.TempDir(), "data"), a, tlsPort, "--acme-accept-terms", "yes")
	eventually(t, a, tlsPort, stop)
	conn, err := tls.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", tlsPort), &tls.Config{RootCAs: a.roots, ServerName: "other.parley.test"})
	if err == nil {
		conn.Close()
		t.Error("another name is served")
	}
}

// TestTerms: without the operator's word there is no server.
func TestTerms(t *testing.T) {
	tlsPort := freePort(t)
	a := newAuthority(t, freePort(t), tlsPort)
	cmd := exec.Command(parley, "serve", "--data", t.TempDir(), "--listen", fmt.Sprintf("127.0.0.1:%d", tlsPort), "--acme-domains", name,
		"--acme-directory", a.URL+wfe.DirectoryPath, "--acme-ca", a.file)
	out, err := cmd.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "terms") {
		t.Errorf("serve: %v: %s; want a refusal that names the terms", err, out)
	}
}
