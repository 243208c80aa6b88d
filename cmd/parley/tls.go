package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"
)

// A secured listener takes connections under TLS: 1.2 or 1.3, with HTTP/2 for
// who asks for it. A stream's WebSocket comes by HTTP/1.1.
type secured struct {
	net.Listener
	config *tls.Config
	// plain answers on the port of http_listen: the authority's questions
	// (http-01), and for everyone else where https is.
	plain http.Handler
}

// secure puts listener under TLS as t says, which is on. Certificates that an
// authority gives, and the key of the account with it, are kept in dir.
func (t *tlsSettings) secure(listener net.Listener, dir string, log *slog.Logger) (*secured, error) {
	if t.cert != "" {
		files, err := openCertFiles(t.cert, t.key, log)
		if err != nil {
			return nil, fmt.Errorf("tls_cert and tls_key: %w (tls)", err)
		}
		config := &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}, GetCertificate: files.get}
		return &secured{tls.NewListener(listener, config), config, anyPort(http.HandlerFunc(toHTTPS))}, nil
	}
	manager, err := t.manager(dir)
	if err != nil {
		return nil, err
	}
	config := manager.TLSConfig() // HTTP/2, and tls-alpn-01
	config.MinVersion = tls.VersionTLS12
	config.GetCertificate = t.logged(config.GetCertificate, log)
	s := &secured{Listener: tls.NewListener(listener, config), config: config}
	if t.httpListen != "" { // else http-01 would be tried in vain
		s.plain = anyPort(manager.HTTPHandler(http.HandlerFunc(toHTTPS)))
	}
	return s, nil
}

// manager returns what gets certificates from an authority, and renews them.
func (t *tlsSettings) manager(dir string) (*autocert.Manager, error) {
	if !t.acmeTerms {
		return nil, errors.New("acme_domains: the authority's terms of service have to be accepted: read them and set acme_accept_terms to yes (acme_terms)")
	}
	cache := filepath.Join(dir, "acme")
	if err := os.MkdirAll(cache, 0o700); err != nil {
		return nil, fmt.Errorf("the directory for certificates: %w (acme)", err)
	}
	client := &acme.Client{DirectoryURL: t.acmeDirectory, UserAgent: "parley"}
	if t.acmeCA != "" {
		pem, err := os.ReadFile(t.acmeCA)
		if err != nil {
			return nil, fmt.Errorf("acme_ca: %w (acme)", err)
		}
		roots := x509.NewCertPool()
		if !roots.AppendCertsFromPEM(pem) {
			return nil, errors.New("acme_ca: there is no certificate in it (acme)")
		}
		client.HTTPClient = &http.Client{Timeout: time.Minute, Transport: &http.Transport{
			TLSClientConfig: &tls.Config{RootCAs: roots}, Proxy: http.ProxyFromEnvironment,
		}}
	}
	return &autocert.Manager{
		Prompt: autocert.AcceptTOS, Cache: autocert.DirCache(cache), HostPolicy: autocert.HostWhitelist(t.acmeDomains...),
		Client: client, Email: t.acmeEmail,
	}, nil
}

// logged logs why there is no certificate for one of the server's own names, at
// most once in a while.
func (t *tlsSettings) logged(get func(*tls.ClientHelloInfo) (*tls.Certificate, error), log *slog.Logger) func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	often := newSeldom(time.Minute)
	return func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
		certificate, err := get(hello)
		if err != nil && slices.Contains(t.acmeDomains, hello.ServerName) && often.now() {
			log.Error("there is no certificate; it is tried again", "error", err)
		}
		return certificate, err
	}
}

// anyPort takes the port from a request's Host: the authority always asks on port
// 80, wherever that leads, and names aren't compared with ports.
func anyPort(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if host, _, err := net.SplitHostPort(r.Host); err == nil {
			r.Host = host
		}
		h.ServeHTTP(w, r)
	})
}

// toHTTPS sends a browser to the same page under https. Nothing else is answered
// in the clear: a client that was told http:// would send its secrets before it
// is sent away.
func toHTTPS(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead || r.Host == "" {
		http.Error(w, "Use https.", http.StatusBadRequest)
		return
	}
	http.Redirect(w, r, "https://"+r.Host+r.URL.RequestURI(), http.StatusMovedPermanently)
}
