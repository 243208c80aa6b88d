package nettransport

import (
	"context"
	"crypto/rand"
	"crypto/sha1"
	"encoding/base64"
	"io"
	"net/http"

	"parley/client/transport"
	"parley/wire"
)

// acceptGUID is what RFC 6455 has a server append to the client's key.
const acceptGUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

// accept returns the Sec-WebSocket-Accept that proves that key was read by a
// WebSocket server, not by one that takes the request for another.
func accept(key string) string {
	sum := sha1.Sum([]byte(key + acceptGUID))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// upgrade opens the WebSocket by the same connections, proxies and rules as
// calls. ctx is for the handshake alone; the caller closes what it gets.
func (t *Transport) upgrade(ctx context.Context) (io.ReadWriteCloser, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at(t.origin, wire.StreamPath).String(), nil)
	if err != nil {
		return nil, err
	}
	key := make([]byte, 16)
	rand.Read(key)
	setHeader(req)
	req.Header.Set("Connection", "Upgrade")
	req.Header.Set("Upgrade", "websocket")
	req.Header.Set("Sec-WebSocket-Version", "13")
	req.Header.Set("Sec-WebSocket-Key", base64.StdEncoding.EncodeToString(key))
	resp, err := t.http.Do(req)
	if err != nil {
		return nil, explain(ctx, err)
	}
	if resp.StatusCode != http.StatusSwitchingProtocols {
		defer resp.Body.Close()
		return nil, refusedUpgrade(ctx, resp)
	}
	conn, ok := resp.Body.(io.ReadWriteCloser)
	if !ok || resp.Header.Get("Sec-WebSocket-Accept") != accept(req.Header.Get("Sec-WebSocket-Key")) {
		resp.Body.Close()
		return nil, transport.Offline("what answers there is no Parley server")
	}
	return conn, nil
}

// refusedUpgrade returns the error that an answer without a WebSocket means.
func refusedUpgrade(ctx context.Context, resp *http.Response) error {
	if _, err := readAnswer(ctx, resp); err != nil {
		return err
	}
	return transport.Offline("the server, or a proxy in between, opens no stream")
}
