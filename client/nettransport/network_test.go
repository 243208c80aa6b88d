package nettransport

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"parley/internal/freeport"
	"parley/wire"
)

// listen returns the address of a TCP server that treats each connection by
// handle and then closes it.
func listen(t *testing.T, handle func(net.Conn)) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				handle(conn)
			}()
		}
	}()
	return listener.Addr().String()
}

// answerRaw returns a handler that reads a request to its end, so that closing the
// connection resets nothing, and sends text.
func answerRaw(text string) func(net.Conn) {
	return func(conn net.Conn) {
		r, err := http.ReadRequest(bufio.NewReader(conn))
		if err != nil {
			return
		}
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			return
		}
		io.WriteString(conn, text)
	}
}

func TestNoServer(t *testing.T) {
	address, err := freeport.Address()
	if err != nil {
		t.Fatal(err)
	}
	tr := connect(t, address, Options{})
	_, err = call(t, tr)
	wantOffline(t, err, "nothing listens")
	_, err = tr.Stream(t.Context(), secretToken, 0)
	wantOffline(t, err, "nothing listens")
}

func TestUnknownName(t *testing.T) {
	_, err := call(t, connect(t, "http://no-such-host.invalid", Options{}))
	wantOffline(t, err, "the server's name")
}

func TestBrokenAnswers(t *testing.T) {
	for name, test := range map[string]struct{ raw, why string }{
		"closes":          {"", "broke off"},
		"half an answer":  {"HTTP/1.1 200 OK\r\nContent-Type: application/cbor\r\nContent-Length: 100\r\n\r\n\xa0", "broke off"},
		"half a header":   {"HTTP/1.1 200 OK\r\nConte", ""},
		"another one":     {"220 hunter2 ESMTP\r\n", "no Parley server"},
		"endless header":  {"HTTP/1.1 200 OK\r\nX: " + strings.Repeat("hunter2", 20<<10), ""},
		"compressed":      {"HTTP/1.1 200 OK\r\nContent-Type: application/cbor\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\n\x1f\x8b\x08", "no Parley server"},
		"bad length":      {"HTTP/1.1 200 OK\r\nContent-Length: hunter2\r\n\r\n", "no Parley server"},
		"switches freely": {"HTTP/1.1 101 Switching Protocols\r\nUpgrade: hunter2\r\nConnection: Upgrade\r\n\r\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			tr := connect(t, listen(t, answerRaw(test.raw)), Options{})
			_, err := call(t, tr)
			wantOffline(t, err, test.why)
			_, err = tr.Stream(t.Context(), secretToken, 0)
			wantOffline(t, err, "")
		})
	}
}

// serveTLS returns a TLS server, and a pool with its certificate.
func serveTLS(t *testing.T, handle http.HandlerFunc) (*httptest.Server, *x509.CertPool) {
	t.Helper()
	server := httptest.NewUnstartedServer(handle)
	server.EnableHTTP2 = true
	server.Config.ErrorLog = quiet()
	server.StartTLS()
	t.Cleanup(server.Close)
	pool := x509.NewCertPool()
	pool.AddCert(server.Certificate())
	return server, pool
}

func TestTLS(t *testing.T) {
	server, pool := serveTLS(t, func(w http.ResponseWriter, r *http.Request) {
		if r.ProtoMajor != 2 {
			t.Errorf("the server got %s; want HTTP/2", r.Proto)
		}
		reply(w, 200, marshal(t, wire.Empty{}))
	})
	if _, err := call(t, connect(t, server.URL, Options{TLS: &tls.Config{RootCAs: pool}})); err != nil {
		t.Errorf("Call over TLS: %v", err)
	}
	_, err := call(t, connect(t, server.URL, Options{}))
	wantOffline(t, err, "nobody this machine trusts")
	other := strings.Replace(server.URL, "127.0.0.1", "localhost", 1)
	_, err = call(t, connect(t, other, Options{TLS: &tls.Config{RootCAs: pool}}))
	wantOffline(t, err, "another name")
	plain := strings.Replace(server.URL, "https", "http", 1)
	_, err = call(t, connect(t, plain, Options{}))
	wantOffline(t, err, "400")
}

func TestTLSToPlainServer(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(server.Close)
	_, err := call(t, connect(t, strings.Replace(server.URL, "http", "https", 1), Options{}))
	wantOffline(t, err, "speak TLS")
}

// TestIdleConnectionClosed calls again after the server closed the connection
// that the first call left open.
func TestIdleConnectionClosed(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		reply(w, 200, marshal(t, wire.Empty{}))
	}))
	t.Cleanup(server.Close)
	tr := connect(t, server.URL, Options{})
	for range 20 {
		if _, err := call(t, tr); err != nil {
			t.Fatalf("Call: %v", err)
		}
		server.CloseClientConnections()
	}
}
