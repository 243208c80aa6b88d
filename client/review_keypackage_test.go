package client_test

import (
	"testing"

	"parley/client"
	"parley/identity"
	"parley/wire"
)

// A server gives the key package of somebody else, whom the client knows too.
func TestServerSwapsAKeyPackage(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	alice := w.signUp("alice")
	w.signUp("bob")
	mallory := w.signUp("mallory")
	alice.sendTo("hello", "mallory")
	mallory.want("hello")
	tp := alice.tapped()
	tp.set(nil, func(op wire.Operation, request, answer []byte) ([]byte, error) {
		if op != wire.OpClaimKeyPackages {
			return answer, nil
		}
		other, err := client.CallAs[wire.ClaimedKeyPackages](ctx, mallory.Client, op, wire.ClaimKeyPackagesRequest{
			Account: mallory.Account(), Devices: []identity.Device{mallory.Device()}, Suites: suiteIDs(request),
		})
		if err != nil {
			t.Fatal(err)
		}
		return change(t, answer, func(c *wire.ClaimedKeyPackages) {
			c.KeyPackages[0].KeyPackage = other.KeyPackages[0].KeyPackage
		}), nil
	})
	var sent bool
	tp.set(func(op wire.Operation, body []byte) error {
		if op == wire.OpOpenRoom || op == wire.OpCommit || op == wire.OpSend {
			sent = true
			return client.ErrOffline // mallory's server keeps it
		}
		return nil
	}, tp.after)
	if _, err := alice.SendTo(ctx, []string{"bob"}, "for bob alone"); err == nil {
		t.Error("SendTo succeeds with another's key package")
	}
	if sent {
		t.Error("a room with mallory in the place of bob left the device")
	}
}

func suiteIDs(request []byte) []uint16 {
	var req wire.ClaimKeyPackagesRequest
	if err := wire.Unmarshal(request, &req); err != nil {
		panic(err)
	}
	return req.Suites
}
