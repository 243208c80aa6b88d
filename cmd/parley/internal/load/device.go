package load

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"parley/identity"
	"parley/mls"
	"parley/mls/public"
	"parley/wire"
)

// A Device is an account's only one, without a client: what it sends is made
// beforehand. It isn't safe for concurrent use.
type Device struct {
	target  *Target
	n       int // of the client: its address
	info    *wire.Info
	device  identity.Device
	key     identity.PrivateKey
	signer  public.SignaturePrivateKey
	session *wire.Session
	http    *http.Client
}

// suite is the one that all groups here use: the server's work is the same with
// any, and this one is quick for the generator.
var suite = public.X25519()

var groupConfig = &mls.Config{Suites: []*public.Suite{suite}}

// roomType is the extension that the groups of rooms have.
var roomType = public.ExtensionType(wire.RoomExtensionType)

// SignUp makes a throw-away account with one device, the n-th client.
func (t *Target) SignUp(ctx context.Context, n int) (*Device, error) {
	d := &Device{n: n, key: identity.GenerateKey()}
	d.moveTo(t)
	defer d.http.CloseIdleConnections()
	var err error
	if d.info, err = call[wire.Info](ctx, d, wire.OpInfo, wire.InfoRequest{}); err != nil {
		return nil, err
	}
	name := make([]byte, 10)
	rand.Read(name) // never fails: crypto/rand ends the program instead
	account, err := identity.NewAccount(d.info.Domain, "bench-"+hex.EncodeToString(name))
	if err != nil {
		return nil, err
	}
	d.device = identity.RandomDevice(account)
	if d.signer, _, err = suite.NewSignaturePrivateKey(d.key.Seed()); err != nil {
		return nil, err
	}
	list := identity.DeviceList{Account: account, Version: 1, Change: identity.Create, Devices: []identity.ListedDevice{
		{Device: d.device, SignatureKey: d.key.Public(), Suites: []uint16{uint16(suite.ID())}},
	}}
	login := make([]byte, wire.LoginSize)
	rand.Read(login)
	_, err = call[wire.Empty](ctx, d, wire.OpSignUp, wire.SignUpRequest{Login: login, List: list.Sign(d.device, d.key)})
	return d, err
}

// moveTo has d connect to a target.
func (d *Device) moveTo(t *Target) {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) { return t.dial(ctx, d.n) }
	d.target, d.session = t, nil
	d.http = &http.Client{
		Transport: &http.Transport{DialContext: dial, DialTLSContext: dial, DisableCompression: true}, // TLS is dial's
		Timeout:   time.Minute,
	}
}

// Connect opens a session.
func (d *Device) Connect(ctx context.Context) error {
	defer d.http.CloseIdleConnections()
	ch, err := call[wire.Challenge](ctx, d, wire.OpChallenge, wire.ChallengeRequest{Device: d.device})
	if err != nil {
		return err
	}
	claim := wire.SessionClaim{Origin: d.target.URL.Scheme + "://" + d.target.URL.Host, Device: d.device, Nonce: ch.Nonce, Expires: ch.Expires}
	body := claim.Marshal()
	d.session, err = call[wire.Session](ctx, d, wire.OpOpenSession,
		wire.OpenSessionRequest{Claim: body, Signature: d.key.SignStatement(wire.UseSession, body)})
	return err
}

// Head returns the last position of the account's mailbox.
func (d *Device) Head(ctx context.Context) (uint64, error) {
	r, err := call[wire.ReadReply](ctx, d, wire.OpRead, wire.ReadRequest{Max: 1})
	if err != nil {
		return 0, err
	}
	return r.Head, nil
}

// Stream opens the device's stream after a position of its mailbox. buffer is how
// much is read at once.
func (d *Device) Stream(ctx context.Context, after uint64, buffer int) (*Conn, error) {
	c, err := d.target.Open(ctx, d.n, wire.StreamPath, buffer)
	if err != nil {
		return nil, err
	}
	if err := d.hello(c, after); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

func (d *Device) hello(c *Conn, after uint64) error {
	body, err := wire.Marshal(wire.Hello{Token: d.session.Token, After: after})
	if err != nil {
		return err
	}
	message, err := wire.Marshal(wire.Frame{N: 1, Op: wire.OpHello, Body: body})
	if err != nil {
		return err
	}
	if err := c.Write(appendFrame(nil, opBinary, message)); err != nil {
		return err
	}
	answer, err := c.next()
	if err != nil {
		return err
	}
	f, err := scanFrame(answer, func([]byte) {})
	switch {
	case err != nil:
		return err
	case f.refused != nil:
		return f.refused
	case f.n != 1:
		return errProtocol
	}
	return nil
}

// patience bounds how often a refusal for a while is waited for.
const patience = 100

// call performs an operation. Where the server says that it should be tried
// later, it is.
func call[Reply any](ctx context.Context, d *Device, op wire.Operation, request any) (*Reply, error) {
	body, err := wire.Marshal(request)
	if err != nil {
		return nil, err
	}
	for try := 0; ; try++ {
		reply := new(Reply)
		err := d.post(ctx, op, body, reply)
		var refusal *wire.Error
		if !errors.As(err, &refusal) || refusal.RetryAfter == 0 || try == patience {
			if err != nil {
				return nil, fmt.Errorf("load: %s: %w", op, err)
			}
			return reply, nil
		}
		select {
		case <-time.After(time.Duration(refusal.RetryAfter) * time.Millisecond):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func (d *Device) post(ctx context.Context, op wire.Operation, body []byte, reply any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, d.target.URL.JoinPath(wire.PathPrefix, string(op)).String(), bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", wire.ContentType)
	if d.session != nil {
		req.Header.Set("Authorization", "Bearer "+base64.RawURLEncoding.EncodeToString(d.session.Token))
	}
	resp, err := d.http.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxFrame))
	if err != nil {
		return err
	}
	if resp.StatusCode == http.StatusOK {
		return wire.Unmarshal(answer, reply)
	}
	refusal := new(wire.Error)
	if err := wire.Unmarshal(answer, refusal); err != nil || refusal.Code == "" {
		return fmt.Errorf("the server answers with status %d", resp.StatusCode)
	}
	return refusal
}
