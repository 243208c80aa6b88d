// Package webpush is the server's [server.Pusher]: it posts empty messages to the
// push services of browsers (RFC 8030), and says by VAPID (RFC 8292) which site does.
// Nothing is encrypted, since nothing is said (RFC 8291 is for messages with content).
//
// An endpoint is a URL that a stranger wrote. So only the hosts that the operator
// names are posted to, by https, on port 443, at public addresses, which are looked
// at when the connection is made; no redirect is followed, and little of an answer is
// read. How long each push takes, and how many run, is bounded for each service.
package webpush

import (
	"context"
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"parley/server"
	"parley/server/publicnet"
	"parley/wire"
)

// Options say where pushes go.
type Options struct {
	Key *ecdsa.PrivateKey // of [SiteKey]
	// Subject is where push services find the operator: mailto: or https:. Empty:
	// they aren't told.
	Subject string
	// Hosts are those of push services: a host stands for itself and all below it.
	// HOST:PORT is a push service of the operator's own: that port alone, at
	// whatever address.
	Hosts []string
	Roots *x509.CertPool // who signed the certificates of own push services; nil: the system's

	Timeout time.Duration // for one push; 0: 15 s
	AtOnce  int           // pushes at once to one service; 0: 8
}

// A Sender sends pushes. It is safe for concurrent use.
type Sender struct {
	opts     Options
	key      []byte // uncompressed point
	suffixes []string
	own      []string // HOST:PORT
	dialer   publicnet.Dialer
	public   *http.Client // for suffixes
	private  *http.Client // for own
	tokens   tokens

	mu      sync.Mutex // guards what follows
	running map[string]int
	paused  map[[sha256.Size]byte]time.Time // of an endpoint, or a service: not before
}

var _ server.Pusher = (*Sender)(nil)

// maxPaused bounds what is remembered of who is to be left alone.
const maxPaused = 1 << 12

// New returns a sender.
func New(o Options) (*Sender, error) {
	if o.Key == nil || len(o.Hosts) == 0 {
		return nil, errors.New("webpush: Options needs Key and Hosts")
	}
	if o.Timeout == 0 {
		o.Timeout = 15 * time.Second
	}
	if o.AtOnce == 0 {
		o.AtOnce = 8
	}
	point, err := o.Key.PublicKey.Bytes()
	if err != nil || len(point) != wire.PushKeySize {
		return nil, errors.New("webpush: the key is not of P-256")
	}
	s := &Sender{opts: o, key: point, tokens: tokens{key: o.Key, subject: o.Subject}, running: map[string]int{}, paused: map[[sha256.Size]byte]time.Time{}}
	for _, h := range o.Hosts {
		if _, _, err := net.SplitHostPort(h); err == nil {
			s.own = append(s.own, h)
		} else {
			s.suffixes = append(s.suffixes, h)
		}
	}
	s.dialer = publicnet.Dialer{Timeout: o.Timeout, Ports: []uint16{443}}
	s.public = s.client(s.dialer.DialContext, nil)
	s.private = s.client(s.dialOwn, o.Roots)
	return s, nil
}

// client returns an HTTP client that connects by dial alone: through no proxy, which
// would look addresses up itself.
func (s *Sender) client(dial func(context.Context, string, string) (net.Conn, error), roots *x509.CertPool) *http.Client {
	return &http.Client{
		Timeout:       s.opts.Timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DialContext: dial, TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: true,
			DisableCompression: true, MaxResponseHeaderBytes: 16 << 10, MaxConnsPerHost: s.opts.AtOnce, MaxIdleConnsPerHost: 2,
			MaxIdleConns: 64, IdleConnTimeout: time.Minute, TLSHandshakeTimeout: s.opts.Timeout, ResponseHeaderTimeout: s.opts.Timeout,
		},
	}
}

// dialOwn connects to the push services that the operator named with a port.
func (s *Sender) dialOwn(ctx context.Context, network, address string) (net.Conn, error) {
	if !slices.Contains(s.own, address) {
		return nil, ErrAddress
	}
	d := net.Dialer{Timeout: s.opts.Timeout}
	return d.DialContext(ctx, network, address)
}

// ErrAddress is why nothing is sent to an inner address.
var ErrAddress = publicnet.ErrAddress

// Key implements [server.Pusher].
func (s *Sender) Key() []byte { return slices.Clone(s.key) }

// Check implements [server.Pusher].
func (s *Sender) Check(endpoint string) error {
	_, err := s.find(endpoint)
	return err
}

// A target is where a push goes.
type target struct {
	url     *url.URL
	service string // the entry of Options.Hosts
	client  *http.Client
}

// find returns what an endpoint is, or server.ErrBadEndpoint.
func (s *Sender) find(endpoint string) (*target, error) {
	u, err := url.Parse(endpoint)
	if err != nil || len(endpoint) > wire.MaxPushEndpoint || u.Scheme != "https" || u.User != nil || u.Fragment != "" || u.Opaque != "" ||
		u.Host != strings.ToLower(u.Host) || strings.ContainsFunc(endpoint, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return nil, server.ErrBadEndpoint
	}
	if slices.Contains(s.own, u.Host) {
		return &target{u, u.Host, s.private}, nil
	}
	host := u.Hostname()
	if port := u.Port(); port != "" && port != "443" || u.Host != host && u.Host != host+":443" {
		return nil, server.ErrBadEndpoint
	}
	if _, err := netip.ParseAddr(host); err == nil {
		return nil, server.ErrBadEndpoint
	}
	for _, suffix := range s.suffixes {
		if host == suffix || strings.HasSuffix(host, "."+suffix) {
			return &target{u, suffix, s.public}, nil
		}
	}
	return nil, server.ErrBadEndpoint
}

// timeToLive is how long a push service keeps a push for a device that is out of
// reach: after that, opening the page is soon enough.
const timeToLive = 24 * time.Hour

// Push implements [server.Pusher]. Each push has the same Topic: a push service
// keeps one for each device (RFC 8030, Section 5.4).
func (s *Sender) Push(ctx context.Context, endpoint string) error {
	t, err := s.find(endpoint)
	if err != nil {
		return err
	}
	leave, err := s.enter(endpoint, t.service)
	if err != nil {
		return err
	}
	defer leave()
	auth, err := s.tokens.authorization(t.url.Scheme+"://"+t.url.Host, time.Now())
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, http.NoBody)
	if err != nil {
		return server.ErrBadEndpoint
	}
	for name, value := range map[string]string{
		"TTL": strconv.Itoa(int(timeToLive.Seconds())), "Urgency": "normal", "Topic": "parley", "Authorization": auth,
		"User-Agent": "parley",
	} {
		req.Header.Set(name, value)
	}
	resp, err := t.client.Do(req)
	if err != nil {
		return s.unreached(t, err)
	}
	defer resp.Body.Close()
	io.CopyN(io.Discard, resp.Body, 4<<10) // so that the connection can be used again
	return s.judge(t, endpoint, resp)
}

// unreached says why a push failed, without the URL that http's errors have.
func (s *Sender) unreached(t *target, err error) error {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		switch {
		case errors.Is(err, ErrAddress):
			return fmt.Errorf("webpush: %s: %w", t.service, ErrAddress)
		case wrapped.Timeout():
			return fmt.Errorf("webpush: %s doesn't answer in time", t.service)
		}
	}
	return fmt.Errorf("webpush: %s isn't reached", t.service)
}

// judge says what an answer means (RFC 8030, Section 5 and RFC 8030, Section 8.4).
func (s *Sender) judge(t *target, endpoint string, resp *http.Response) error {
	switch code := resp.StatusCode; {
	case code >= 200 && code < 300:
		return nil
	case code == http.StatusNotFound || code == http.StatusGone:
		return server.ErrPushGone
	case code == http.StatusTooManyRequests:
		// It may be this endpoint alone that gets too many: a stranger's must not hold
		// up the others'.
		return s.pause(endpoint, resp)
	case code == http.StatusServiceUnavailable:
		return s.pause(t.service, resp)
	default:
		return fmt.Errorf("webpush: %s answers %d", t.service, code)
	}
}

// Bounds of what a push service may ask for.
const (
	leastPause   = time.Second
	mostPause    = time.Hour
	defaultPause = time.Minute
)

// pause leaves who is meant alone for as long as they ask.
func (s *Sender) pause(who string, resp *http.Response) error {
	wait := defaultPause
	after := resp.Header.Get("Retry-After")
	if n, err := strconv.Atoi(after); err == nil {
		wait = time.Duration(min(max(n, 0), int(mostPause/time.Second))) * time.Second
	} else if at, err := http.ParseTime(after); err == nil {
		wait = time.Until(at)
	}
	wait = min(max(wait, leastPause), mostPause)
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.paused) >= maxPaused {
		clear(s.paused) // they say so again
	}
	s.paused[sha256.Sum256([]byte(who))] = time.Now().Add(wait)
	return &server.PushLater{After: wait}
}

// busyPause is how long a push waits for others to the same service.
const busyPause = time.Second

// enter begins a push, unless there is a pause, or as many run as may.
func (s *Sender) enter(endpoint, service string) (leave func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, who := range []string{endpoint, service} {
		key := sha256.Sum256([]byte(who))
		if wait := time.Until(s.paused[key]); wait > 0 {
			return nil, &server.PushLater{After: wait}
		}
		delete(s.paused, key)
	}
	if s.running[service] >= s.opts.AtOnce {
		return nil, &server.PushLater{After: busyPause}
	}
	s.running[service]++
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.running[service]--
	}, nil
}

// Close ends connections that wait for the next push.
func (s *Sender) Close() error {
	s.public.CloseIdleConnections()
	s.private.CloseIdleConnections()
	return nil
}
