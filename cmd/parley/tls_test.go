package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parley/client/nettransport"
	"parley/wire"
)

// certify writes a certificate of localhost with a serial number, and its key,
// and returns who trusts it.
func certify(t *testing.T, dir string, serial int64) *x509.CertPool {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	chain := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	write(t, filepath.Join(dir, "cert.pem"), chain)
	write(t, filepath.Join(dir, "key.pem"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}))
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(chain)
	return pool
}

func write(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestServeTLS: the server speaks TLS by its own files, operations go over HTTP/2,
// and the stream beside them.
func TestServeTLS(t *testing.T) {
	dir := t.TempDir()
	pool := certify(t, dir, 1)
	cfg := defaultConfig()
	cfg.data, cfg.listen = filepath.Join(dir, "data"), "127.0.0.1:0"
	cfg.tls.cert, cfg.tls.key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	cfg.tls.httpListen = "127.0.0.1:0"
	s, err := startServer(t.Context(), cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer s.stop()
	if h := s.http; h.ReadHeaderTimeout <= 0 || h.IdleTimeout <= 0 || h.MaxHeaderBytes <= 0 {
		t.Error("a connection may take for ever to say what it wants")
	}
	_, port, err := net.SplitHostPort(strings.TrimPrefix(s.url, "https://"))
	if err != nil {
		t.Fatal(s.url, err)
	}
	url := "https://localhost:" + port

	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, ForceAttemptHTTP2: true}}
	resp, err := client.Post(url+"/v1/info", wire.ContentType, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.ProtoMajor != 2 || resp.StatusCode != http.StatusOK || resp.TLS.Version < tls.VersionTLS12 {
		t.Errorf("%s %s, TLS %x; want HTTP/2 over TLS", resp.Proto, resp.Status, resp.TLS.Version)
	}
	old := &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}
	if conn, err := tls.Dial("tcp", strings.TrimPrefix(url, "https://"), old); err == nil {
		conn.Close()
		t.Error("TLS 1.1 is spoken")
	}
	tr, err := nettransport.New(url, nettransport.Options{TLS: &tls.Config{RootCAs: pool}})
	if err != nil {
		t.Fatal(err)
	}
	defer tr.Close()
	if _, err := tr.Stream(t.Context(), make([]byte, 32), 0); !errors.Is(err, &wire.Error{Code: wire.CodeUnauthorized}) {
		t.Errorf("a stream without a session: %v; want unauthorized, told on the stream", err)
	}
}

// TestCertificateReload: a certificate that is replaced is used without a restart;
// one that can't be is not.
func TestCertificateReload(t *testing.T) {
	dir := t.TempDir()
	certify(t, dir, 1)
	var log bytes.Buffer
	files, err := openCertFiles(filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem"), slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	files.seldom.every = 0
	serial := func() int64 {
		c, err := files.get(nil)
		if err != nil {
			t.Fatal(err)
		}
		return c.Leaf.SerialNumber.Int64()
	}
	if got := serial(); got != 1 {
		t.Errorf("serial %d; want 1", got)
	}
	write(t, filepath.Join(dir, "cert.pem"), []byte("half"))
	if got := serial(); got != 1 || !strings.Contains(log.String(), "stays") {
		t.Errorf("serial %d with a broken file; want 1, and a line in the log: %s", got, &log)
	}
	certify(t, dir, 2)
	if got := serial(); got != 2 {
		t.Errorf("serial %d after the files were replaced; want 2", got)
	}
	os.Remove(filepath.Join(dir, "key.pem"))
	if got := serial(); got != 2 {
		t.Errorf("serial %d without a key; want 2", got)
	}
	if _, err := openCertFiles(filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem"), slog.Default()); err == nil {
		t.Error("a server starts without its key")
	}
}

func TestToHTTPS(t *testing.T) {
	for _, c := range []struct {
		method, host string
		status       int
		location     string
	}{
		{"GET", "example.org", 301, "https://example.org/a?b"},
		{"HEAD", "example.org:80", 301, "https://example.org/a?b"},
		{"POST", "example.org", 400, ""},
	} {
		r := httptest.NewRequest(c.method, "/a?b", nil)
		r.Host = c.host
		w := httptest.NewRecorder()
		anyPort(http.HandlerFunc(toHTTPS)).ServeHTTP(w, r)
		if w.Code != c.status || w.Header().Get("Location") != c.location {
			t.Errorf("%s %s: %d %q; want %d %q", c.method, c.host, w.Code, w.Header().Get("Location"), c.status, c.location)
		}
	}
}

// TestTermsAccepted: no certificate is asked for before the operator accepts the
// authority's terms.
func TestTermsAccepted(t *testing.T) {
	s := tlsSettings{acmeDomains: []string{"chat.example.org"}}
	if _, err := s.secure(nil, t.TempDir(), slog.Default()); err == nil || !strings.Contains(err.Error(), "acme_accept_terms") {
		t.Errorf("without accepted terms: %v", err)
	}
	s.acmeTerms = true
	secured, err := s.secure(nil, t.TempDir(), slog.Default())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"", "other.example.org"} {
		if _, err := secured.config.GetCertificate(&tls.ClientHelloInfo{ServerName: name}); err == nil {
			t.Errorf("a certificate for %q", name)
		}
	}
}
