// Package nettransport carries operations of package wire over the network: HTTP
// for requests, a WebSocket for the stream; where that is blocked, reads that
// wait. It connects to one origin and to nothing else: redirects are refused.
//
// How a stream outlives a restart, falls back and comes again is package
// transport's.
//
// Both go through the proxy that the environment names (HTTPS_PROXY, HTTP_PROXY,
// NO_PROXY), and are bounded: an answer or push of more than 10 MiB is refused.
//
// Errors hold no token, no body and nothing that the other side wrote, except
// the *wire.Error that it answered with.
package nettransport

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"net"
	"net/http"
	"net/url"
	"time"

	"parley/client"
	"parley/client/transport"
	"parley/wire"
)

var _ client.Transport = (*Transport)(nil)

const (
	dialTimeout   = 15 * time.Second                               // of the connection, and of TLS
	answerTimeout = (wire.MaxReadWait + 15_000) * time.Millisecond // until an answer begins
	maxHeader     = 64 << 10                                       // bytes of an answer's header
)

// Options are what need not be given.
type Options struct {
	TLS     *tls.Config   // nil: the system's roots
	Timeout time.Duration // of one call or the opening of a stream, beside the context's; 0: two minutes
	Retry   time.Duration // until a WebSocket that was blocked is tried again, and half of it more; 0: five minutes
	Ping    time.Duration // between two pings of a stream, which is given up after two without a sign of life; 0: 30 seconds
}

// A Transport connects to one server.
type Transport struct {
	origin  *url.URL
	http    http.Client
	timeout time.Duration
	ping    time.Duration
	streams transport.Streams
}

// New returns a Transport to serverURL: HOST, HOST:PORT, or either after https://
// or http://. Without a scheme it is http for this machine itself, else https.
// Anything else is ErrServer. New doesn't connect.
func New(serverURL string, opts Options) (*Transport, error) {
	origin, err := parseServer(serverURL)
	if err != nil {
		return nil, err
	}
	t := &Transport{origin: origin, timeout: opts.Timeout, ping: opts.Ping}
	if t.timeout <= 0 {
		t.timeout = 2 * time.Minute
	}
	if t.ping <= 0 {
		t.ping = 30 * time.Second
	}
	t.streams.Call, t.streams.Dial = t.Call, t.openStream
	t.streams.Timeout, t.streams.Retry = t.timeout, opts.Retry
	if t.streams.Retry <= 0 {
		t.streams.Retry = 5 * time.Minute
	}
	t.http = http.Client{
		// A redirect is an answer like another, which no Parley server gives.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			Proxy:                  http.ProxyFromEnvironment,
			DialContext:            (&net.Dialer{Timeout: dialTimeout}).DialContext,
			TLSClientConfig:        opts.TLS.Clone(),
			TLSHandshakeTimeout:    dialTimeout,
			ResponseHeaderTimeout:  answerTimeout,
			MaxResponseHeaderBytes: maxHeader,
			MaxIdleConnsPerHost:    4,
			IdleConnTimeout:        time.Minute,
			DisableCompression:     true, // a bomb, and a way to guess what is beside a secret
			ForceAttemptHTTP2:      true,
		},
	}
	return t, nil
}

// Origin implements [client.Transport]. The scheme's own port is left out.
func (t *Transport) Origin() string { return t.origin.String() }

// Close releases the connections that no call uses. Streams stay open.
func (t *Transport) Close() error {
	t.http.CloseIdleConnections()
	return nil
}

// Call implements [client.Transport]. If ctx is cancelled the error is
// context.Canceled; if its deadline or Options.Timeout passes it is both
// ErrOffline and context.DeadlineExceeded. A request beyond wire.MaxBody is refused unsent, as
// the server would.
func (t *Transport) Call(ctx context.Context, op wire.Operation, token, request []byte) ([]byte, error) {
	if len(request) > wire.MaxBody {
		return nil, wire.Refuse(wire.CodeTooLarge, "This is more than any server takes at once.")
	}
	bounded, cancel := context.WithTimeout(ctx, t.timeout)
	defer cancel()
	req, err := t.newCall(bounded, op, token, request)
	if err != nil {
		return nil, err
	}
	resp, err := t.http.Do(req)
	if err != nil {
		return nil, explain(bounded, err)
	}
	defer resp.Body.Close()
	return readAnswer(bounded, resp)
}

// Stream implements [client.Transport], as [transport.Streams.Open] says.
func (t *Transport) Stream(ctx context.Context, token []byte, after uint64) (client.Stream, error) {
	return t.streams.Open(ctx, token, after)
}

func (t *Transport) newCall(ctx context.Context, op wire.Operation, token, request []byte) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, at(t.origin, wire.PathPrefix+string(op)).String(), bytes.NewReader(request))
	if err != nil {
		return nil, err
	}
	setHeader(req)
	req.Header.Set("Content-Type", wire.ContentType)
	if token != nil {
		req.Header.Set("Authorization", "Bearer "+base64.RawURLEncoding.EncodeToString(token))
	}
	if op != wire.OpOpenSession {
		// Operations can be repeated, except that a challenge is answered once.
		// The entry lets net/http do so where the server had closed an idle
		// connection; being empty it isn't sent.
		req.Header["Idempotency-Key"] = nil
	}
	return req, nil
}

// setHeader sets what every request has. It doesn't say which program of Parley
// this is, or which version.
func setHeader(req *http.Request) {
	req.Header.Set("Accept", wire.ContentType)
	req.Header.Set("User-Agent", "parley")
}
