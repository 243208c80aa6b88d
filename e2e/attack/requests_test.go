package attack

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"parley/identity"
	"parley/wire"
)

func encodeToken(token []byte) string { return base64.RawURLEncoding.EncodeToString(token) }

// doSession tries to get a session that is not mallory's, or by a proof that is
// not fresh or not for this server.
func doSession(c *turn, a []string) error {
	claimed := c.device.device
	if len(a) > 2 {
		d, err := c.site.deviceOf(a[2])
		if err != nil {
			return err
		}
		claimed = d
	}
	ch, err := call[wire.Challenge](c.device, wire.OpChallenge, wire.ChallengeRequest{Device: claimed})
	if err != nil {
		return err
	}
	claim := wire.SessionClaim{Origin: c.site.url, Device: claimed, Nonce: ch.Nonce, Expires: ch.Expires}
	key := c.key
	switch a[1] {
	case "forged": // of NAME's device, signed by mallory
	case "wrong-key":
		key = identity.GenerateKey()
	case "wrong-origin": // what somebody signed for a server that mallory runs
		claim.Origin = "https://mallory.example"
	case "foreign-nonce": // a challenge that was given to somebody else
		claim.Device = c.device.device
	case "later":
		claim.Expires += time.Hour.Milliseconds()
	case "own-nonce":
		claim.Nonce = random(wire.NonceSize)
	case "unlisted":
		claim.Device = identity.RandomDevice(claimed.Account())
		if ch, err = call[wire.Challenge](c.device, wire.OpChallenge, wire.ChallengeRequest{Device: claim.Device}); err != nil {
			return err
		}
		claim.Nonce, claim.Expires = ch.Nonce, ch.Expires
	case "used-nonce":
		if _, err := c.answer(claim, key); err != nil {
			return fmt.Errorf("the first use: %v", err)
		}
	default:
		return fmt.Errorf("session %s?", a[1])
	}
	s, err := c.answer(claim, key)
	if err != nil {
		return err
	}
	c.token = s.Token
	return nil
}

// doMailbox tries to read what isn't mallory's. A mailbox has no name in the API:
// it follows from the session.
func doMailbox(c *turn, a []string) error {
	read := wire.ReadRequest{}
	token := c.token
	switch a[1] {
	case "own": // what there is for mallory: only events of mallory's rooms
		reply, err := call[wire.ReadReply](c.device, wire.OpRead, read)
		if err != nil {
			return err
		}
		fmt.Fprintln(c.ts.Stdout(), len(reply.Events))
		return nil
	case "beyond":
		reply, err := call[wire.ReadReply](c.device, wire.OpRead, wire.ReadRequest{After: big})
		if err != nil {
			return err
		}
		fmt.Fprintln(c.ts.Stdout(), len(reply.Events))
		return nil
	case "acknowledge":
		_, err := call[wire.Empty](c.device, wire.OpAcknowledge, wire.AcknowledgeRequest{Pos: big})
		return err
	case "no-token":
		token = nil
	case "random-token":
		token = random(wire.MaxTokenSize)
	case "cut-token":
		token = token[:len(token)-1]
	case "nonce-token": // public bytes of the right length
		ch, err := call[wire.Challenge](c.device, wire.OpChallenge, wire.ChallengeRequest{Device: c.device.device})
		if err != nil {
			return err
		}
		token = ch.Nonce
	default:
		return fmt.Errorf("mailbox %s?", a[1])
	}
	_, err := callWith[wire.ReadReply](c.device, wire.OpRead, token, read)
	return err
}

// doFlood claims key packages until the server refuses, and prints how many it
// got and what it was told.
func doFlood(c *turn, a []string) error {
	claim := wire.ClaimKeyPackagesRequest{Account: accountOf(a[1]), Suites: []uint16{uint16(c.suite.ID())}}
	for n := 0; n < 1000; n++ {
		_, err := call[wire.ClaimedKeyPackages](c.device, wire.OpClaimKeyPackages, claim)
		if err == nil {
			continue
		}
		status, after, errPost := c.status(wire.OpClaimKeyPackages, claim, "Retry-After")
		if errPost != nil {
			return errPost
		}
		fmt.Fprintf(c.ts.Stdout(), "after %d: status %d, Retry-After %s\n", n, status, after)
		return err
	}
	return nil
}

// doRaw posts a body that is none: raw OPERATION random|empty|huge|deep|cut.
// It prints the HTTP status.
func doRaw(c *turn, a []string) error {
	var body []byte
	switch a[2] {
	case "random":
		body = random(1000)
	case "huge":
		body = make([]byte, wire.MaxBody+1)
	case "deep":
		body = bytes.Repeat([]byte{0x81}, 100_000)
	case "claims-much": // an array of 2^60 elements
		body = []byte{0x9b, 0x10, 0, 0, 0, 0, 0, 0, 0}
	}
	status, _, err := c.postRaw(wire.Operation(a[1]), body)
	if err != nil {
		return err
	}
	fmt.Fprintln(c.ts.Stdout(), status)
	return nil
}

// postRaw is post, and reads a refusal that comes before the body is read.
func (d *device) postRaw(op wire.Operation, body []byte) (int, string, error) {
	r, err := http.NewRequest(http.MethodPost, d.site.url+wire.PathPrefix+string(op), bytes.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	r.Header.Set("Authorization", "Bearer "+encodeToken(d.token))
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return 0, "", err
	}
	return resp.StatusCode, strconv.Itoa(len(answer)), nil
}
