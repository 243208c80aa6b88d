package clientapi_test

import (
	"bytes"
	"compress/gzip"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"parley/server"
	"parley/server/clientapi"
	"parley/wire"
)

// alive checks that a stream is served: whatever others do, it isn't affected.
func (l *line) alive(what string) {
	l.t.Helper()
	l.request(99, wire.OpInfo, wire.InfoRequest{})
	for {
		f, err := l.receive()
		if err != nil {
			l.t.Fatalf("%s: another's stream: %v", what, err)
		}
		if f.N == 99 {
			return
		}
	}
}

// masked returns a frame as a client sends it.
func masked(f ws.Frame) []byte { return ws.MustCompileFrame(ws.MaskFrame(f)) }

// TestMalformedFrames: each is refused with the status that belongs to it.
func TestMalformedFrames(t *testing.T) {
	s := newSite(t, clientapi.Options{})
	alice, bob := s.person("alice"), s.person("bob")
	other := s.stream(bob, 0)
	rsv := ws.NewBinaryFrame([]byte{0xa0})
	rsv.Header.Rsv = ws.Rsv(true, false, false) // as if it were compressed
	header := func(h ws.Header) []byte {
		var b bytes.Buffer
		ws.WriteHeader(&b, h)
		return b.Bytes()
	}
	for what, c := range map[string]struct {
		bytes  []byte
		status ws.StatusCode
	}{
		"text":                   {masked(ws.NewTextFrame([]byte("{}"))), ws.StatusProtocolError},
		"no mask":                {ws.MustCompileFrame(ws.NewBinaryFrame([]byte{0xa0})), ws.StatusProtocolError},
		"a compressed frame":     {masked(rsv), ws.StatusProtocolError},
		"an unknown kind":        {masked(ws.NewFrame(3, true, nil)), ws.StatusProtocolError},
		"an unknown control":     {masked(ws.NewFrame(11, true, nil)), ws.StatusProtocolError},
		"a lone rest":            {masked(ws.NewFrame(ws.OpContinuation, true, nil)), ws.StatusProtocolError},
		"a fragmented ping":      {masked(ws.NewFrame(ws.OpPing, false, nil)), ws.StatusProtocolError},
		"a long ping":            {header(ws.Header{Fin: true, OpCode: ws.OpPing, Masked: true, Length: 126}), ws.StatusProtocolError},
		"a negative length":      {[]byte{0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4}, ws.StatusProtocolError},
		"two beginnings":         {append(masked(ws.NewFrame(ws.OpBinary, false, nil)), masked(ws.NewBinaryFrame(nil))...), ws.StatusProtocolError},
		"fragments without end":  {append(masked(ws.NewFrame(ws.OpBinary, false, nil)), bytes.Repeat(masked(ws.NewFrame(ws.OpContinuation, false, nil)), 1100)...), ws.StatusProtocolError},
		"a huge header":          {header(ws.Header{Fin: true, OpCode: ws.OpBinary, Masked: true, Length: 1 << 40}), ws.StatusMessageTooBig},
		"a message beyond all":   {header(ws.Header{Fin: true, OpCode: ws.OpBinary, Masked: true, Length: wire.MaxBody + 1<<10}), ws.StatusMessageTooBig},
		"fragments beyond all":   {append(masked(ws.NewFrame(ws.OpBinary, false, make([]byte, 1<<10))), header(ws.Header{OpCode: ws.OpContinuation, Masked: true, Length: wire.MaxBody})...), ws.StatusMessageTooBig},
		"noise":                  {masked(ws.NewBinaryFrame([]byte{0xff})), ws.StatusInvalidFramePayloadData},
		"nothing":                {masked(ws.NewBinaryFrame(nil)), ws.StatusInvalidFramePayloadData},
		"an endless array":       {masked(ws.NewBinaryFrame([]byte{0x9f, 0x9f, 0x9f})), ws.StatusInvalidFramePayloadData},
		"an array of 2^64 items": {masked(ws.NewBinaryFrame([]byte{0x9b, 255, 255, 255, 255, 255, 255, 255, 255})), ws.StatusInvalidFramePayloadData},
		"deep nesting":           {masked(ws.NewBinaryFrame(bytes.Repeat([]byte{0x81}, 10_000))), ws.StatusInvalidFramePayloadData},
		"a close":                {masked(ws.NewCloseFrame(nil)), ws.StatusNormalClosure},
	} {
		l := s.stream(alice, 0)
		if _, err := l.conn.Write(c.bytes); err != nil {
			t.Errorf("%s: %v", what, err)
			continue
		}
		l.ended(what, c.status)
		l.conn.Close()
	}
	other.alive("malformed frames")
}

// TestSlowloris: what comes in drops is cut after a while, whether it is a frame,
// the parts of a message, or a body.
func TestSlowloris(t *testing.T) {
	s := newSite(t, clientapi.Options{MessageTimeout: time.Second})
	alice, bob := s.person("alice"), s.person("bob")
	other := s.stream(bob, 0)
	whole := masked(ws.NewBinaryFrame(make([]byte, 100)))
	var slow sync.WaitGroup
	for what, first := range map[string][]byte{
		"half a frame":       whole[:20],
		"half a large frame": masked(ws.NewBinaryFrame(make([]byte, 1<<20)))[:100<<10],
		"parts":              masked(ws.NewFrame(ws.OpBinary, false, []byte{0xa0})),
	} {
		l := s.stream(alice, 0)
		slow.Go(func() { l.trickles(what, first) })
	}
	body, write := io.Pipe()
	defer write.Close()
	go write.Write([]byte{0xa1})
	if resp := s.post(wire.OpInfo, nil, body); resp.StatusCode != http.StatusBadRequest {
		t.Errorf("a body that doesn't end: %d; want 400", resp.StatusCode)
	}
	slow.Wait()
	if n := s.api.Stats().StalledCut; n == 0 {
		t.Error("no stream was counted as stalled")
	}
	other.alive("slow senders")
}

// trickles sends first, and then a byte from time to time, until the stream is cut.
func (l *line) trickles(what string, first []byte) {
	go func() {
		for b := first; ; b = masked(ws.NewFrame(ws.OpContinuation, false, nil))[:1] {
			if _, err := l.conn.Write(b); err != nil {
				return
			}
			time.Sleep(5 * time.Millisecond)
		}
	}()
	if f, err := l.receive(); err == nil {
		l.t.Errorf("%s is answered: %+v", what, f)
	} else if errors.Is(err, os.ErrDeadlineExceeded) {
		l.t.Errorf("%s isn't cut", what)
	}
	l.conn.Close()
}

// TestFlood: streams are bounded in all and for each address. One too many is
// refused with a code and how long to wait, and the others don't notice.
func TestFlood(t *testing.T) {
	for _, c := range []struct {
		what   string
		opts   clientapi.Options
		rates  server.Rates
		status int
		code   wire.Code
	}{
		{"in all", clientapi.Options{Streams: 3, HelloTimeout: time.Hour}, server.Rates{}, 503, wire.CodeUnavailable},
		{"from one address", clientapi.Options{HelloTimeout: time.Hour}, server.Rates{Connections: 3}, 429, wire.CodeRateLimited},
	} {
		s := newSite(t, c.opts, func(cfg *server.Config) { cfg.Rates = c.rates })
		alice := s.person("alice")
		lines := []*line{s.stream(alice, 0), s.dial(), s.dial()}
		for range 20 {
			var e wire.Error
			status, header := s.upgrade(t, &e)
			if status != c.status || e.Code != c.code || header.Get("Retry-After") == "" {
				t.Fatalf("%s: %d %+v, Retry-After %q; want %d %s", c.what, status, e, header.Get("Retry-After"), c.status, c.code)
			}
		}
		lines[0].alive(c.what)
		if st := s.api.Stats(); st.StreamsRefused != 20 || st.Streams != 3 {
			t.Errorf("%s: %+v; want 20 refused, 3 open", c.what, st)
		}
		lines[1].conn.Close()
		for s.api.Stats().Streams > 2 {
			time.Sleep(time.Millisecond)
		}
		s.stream(alice, 0)
	}
}

// upgrade asks for a stream that is refused.
func (s *site) upgrade(t *testing.T, e *wire.Error) (int, http.Header) {
	t.Helper()
	req, err := http.NewRequest("GET", s.http.URL+wire.StreamPath, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{
		"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
		"Sec-WebSocket-Extensions": "permessage-deflate",
	} {
		req.Header.Set(name, value)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusSwitchingProtocols {
		body, _ := io.ReadAll(resp.Body)
		wire.Unmarshal(body, e)
	}
	return resp.StatusCode, resp.Header
}

// TestStreamsOfAccount: an account has a bound of streams.
func TestStreamsOfAccount(t *testing.T) {
	s := newSite(t, clientapi.Options{}, func(cfg *server.Config) { cfg.Rates.Streams = 2 })
	alice, bob := s.person("alice"), s.person("bob")
	s.stream(alice, 0)
	s.stream(alice, 0)
	l := s.dial()
	l.request(1, wire.OpHello, &wire.Hello{Token: alice.token})
	if f := l.next(); f.Error == nil || f.Error.Code != wire.CodeRateLimited || f.Error.RetryAfter == 0 {
		t.Errorf("one stream too many: %+v; want rate_limited", f)
	}
	l.ended("one stream too many", ws.StatusPolicyViolation)
	s.stream(bob, 0).alive("an account with many streams")
}

// TestRequestsOfDevice: a device that asks too much is told to wait, on its stream
// and over HTTP.
func TestRequestsOfDevice(t *testing.T) {
	s := newSite(t, clientapi.Options{}, func(cfg *server.Config) { cfg.Rates.Request = server.Rate{Burst: 5, Every: time.Hour} })
	alice, bob := s.person("alice"), s.person("bob")
	l := s.stream(alice, 0)
	limited := 0
	for n := range uint64(10) {
		l.request(n+1, wire.OpKeyPackageCount, wire.Empty{})
	}
	for range 10 {
		if f := l.next(); f.Error != nil && f.Error.Code == wire.CodeRateLimited && f.Error.RetryAfter > 0 {
			limited++
		}
	}
	if limited != 5 {
		t.Errorf("%d of 10 requests were refused; want 5", limited)
	}
	if resp := s.post(wire.OpKeyPackageCount, alice.token, nil); resp.StatusCode != 429 || resp.Header.Get("Retry-After") == "" {
		t.Errorf("over HTTP: %d, Retry-After %q; want 429", resp.StatusCode, resp.Header.Get("Retry-After"))
	}
	s.stream(bob, 0).alive("a device that asks too much")
}

// TestCompression: nothing is unpacked: no extension is agreed on, and a body that
// is compressed isn't read.
func TestCompression(t *testing.T) {
	s := newSite(t, clientapi.Options{})
	status, header := s.upgrade(t, nil)
	if status != http.StatusSwitchingProtocols || header.Get("Sec-WebSocket-Extensions") != "" {
		t.Errorf("an upgrade with permessage-deflate: %d, extensions %q; want 101 without", status, header.Get("Sec-WebSocket-Extensions"))
	}
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	z.Write(make([]byte, 8<<20))
	z.Close()
	resp := s.post(wire.OpInfo, nil, &bomb, "Content-Encoding", "gzip")
	body, _ := io.ReadAll(resp.Body)
	var e wire.Error
	if wire.Unmarshal(body, &e); resp.StatusCode != 400 || e.Code != wire.CodeBadRequest {
		t.Errorf("a compressed body: %d %+v; want 400 bad_request", resp.StatusCode, e)
	}
}

// TestPingFlood: pings that nobody takes the answers of cost no more than one.
func TestPingFlood(t *testing.T) {
	s := newSite(t, clientapi.Options{WriteTimeout: time.Second})
	alice, bob := s.person("alice"), s.person("bob")
	other := s.stream(bob, 0)
	l := s.stream(alice, 0)
	l.conn.(*net.TCPConn).SetReadBuffer(64 << 10)
	pings := bytes.Repeat(masked(ws.NewPingFrame(make([]byte, 125))), 1000)
	before := live()
	for range 200 { // 26 MB
		if _, err := l.conn.Write(pings); err != nil {
			break // it was cut
		}
	}
	if held := live() - before; held > 8<<20 {
		t.Errorf("a flood of pings holds %d bytes", held)
	}
	other.alive("a flood of pings")
}

// TestHTTP2Floods: streams that are opened and reset at once, and settings without
// end, are bounded by net/http; others are served meanwhile.
func TestHTTP2Floods(t *testing.T) {
	s := newSite(t, clientapi.Options{})
	secure := httptest.NewUnstartedServer(s.api)
	secure.EnableHTTP2 = true
	secure.Config.ErrorLog = nil
	secure.StartTLS()
	defer secure.Close()
	for what, flood := range map[string]func(f *http2.Framer, i int) error{
		"rapid reset": func(f *http2.Framer, i int) error {
			id := uint32(2*i + 1)
			if err := f.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: requestHeaders(), EndHeaders: true}); err != nil {
				return err
			}
			return f.WriteRSTStream(id, http2.ErrCodeCancel)
		},
		"settings": func(f *http2.Framer, i int) error {
			return f.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: uint32(i)})
		},
		"pings": func(f *http2.Framer, _ int) error { return f.WritePing(false, [8]byte{}) },
	} {
		conn, err := tls.Dial("tcp", secure.Listener.Addr().String(), &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2"}})
		if err != nil {
			t.Fatal(err)
		}
		conn.SetDeadline(time.Now().Add(time.Minute))
		io.WriteString(conn, http2.ClientPreface)
		f := http2.NewFramer(conn, conn)
		f.WriteSettings()
		before := live()
		for i := range 5000 { // nothing is read: what is answered waits, or the connection is cut
			if flood(f, i) != nil {
				break
			}
		}
		if held := live() - before; held > 16<<20 {
			t.Errorf("%s: holds %d bytes", what, held)
		}
		resp, err := secure.Client().Post(secure.URL+"/v1/info", wire.ContentType, nil)
		if err != nil || resp.StatusCode != http.StatusOK || resp.ProtoMajor != 2 {
			t.Errorf("%s: another's request: %+v, %v", what, resp, err)
		}
		conn.Close()
	}
}

// requestHeaders encodes those of an operation.
func requestHeaders() []byte {
	var b bytes.Buffer
	e := hpack.NewEncoder(&b)
	for _, h := range [][2]string{{":method", "POST"}, {":scheme", "https"}, {":path", "/v1/info"}, {":authority", "example.org"}} {
		e.WriteField(hpack.HeaderField{Name: h[0], Value: h[1]})
	}
	return b.Bytes()
}

// TestSlowReaderBounded: who takes nothing in holds one push at most, and is cut.
func TestSlowReaderBounded(t *testing.T) {
	s := newStage(t, clientapi.Options{WriteTimeout: time.Second})
	alice, bob := s.actor("alice"), s.actor("bob")
	room, message := s.room(alice, bob, 100<<10)
	slow := s.line(bob, 0)
	slow.conn.(*net.TCPConn).SetReadBuffer(64 << 10)
	fast := s.line(alice, 0)
	go io.Copy(io.Discard, fast.in)
	for n := range 200 { // 20 MB
		id := bytes.Repeat([]byte{byte(n)}, wire.IDSize)
		if _, err := s.srv.Send(t.Context(), alice.device, &wire.SendRequest{ID: id, Room: room, Message: message}); err != nil {
			t.Fatal(err)
		}
	}
	for wait := time.Now().Add(time.Minute); s.api.Stats().SlowCut == 0; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(wait) {
			t.Fatal("a client that doesn't read isn't cut")
		}
	}
	if pushed := s.api.Stats().BytesOut; pushed > 40<<20 {
		t.Errorf("%d bytes were written", pushed)
	}
}
