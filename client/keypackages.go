package client

import (
	"context"
	"encoding/hex"
	"errors"
	"time"

	"parley/internal/cbor"
	"parley/mls"
	"parley/mls/public"
	"parley/wire"
)

// How many key packages a device keeps at the server, and for how long.
const (
	wantKeyPackages    = 50
	minKeyPackages     = 25
	enrollKeyPackages  = 20
	keyPackageLife     = 60 * 24 * time.Hour
	lastResortLife     = 14 * 24 * time.Hour
	keyPackageInterval = 6 * time.Hour // between two looks at how many are left
	keyPackageGrace    = 7 * 24 * time.Hour
)

// kpCheckKey holds when the count was last looked at: int64, Unix milliseconds.
const kpCheckKey = "kpcheck"

// kpPublishKey holds the wire.PublishKeyPackagesRequest that isn't answered yet.
const kpPublishKey = "kppublish"

// A keyPackageRecord is the secret half of a key package that was published.
type keyPackageRecord struct {
	_          struct{} `cbor:",toarray"`
	Version    uint8    // of this record: 1
	Secrets    []byte
	LastResort bool
	ExpiresMS  int64
}

// newKeyPackages makes n key packages and keeps their secrets; it returns the
// MLSMessages to publish. They are of the client's first suite.
func (t *tx) newKeyPackages(n int, lastResort bool) ([][]byte, error) {
	c, life := t.c, keyPackageLife
	if lastResort {
		life = lastResortLife
	}
	out := make([][]byte, n)
	for i := range out {
		kp, secrets, err := c.newKeyPackage(lastResort, life)
		if err != nil {
			return nil, err
		}
		ref, err := secrets.Ref(c.mlsConfig())
		if err != nil {
			return nil, err
		}
		t.save(kpKey(ref), &keyPackageRecord{
			Version: 1, Secrets: secrets.Marshal(), LastResort: lastResort, ExpiresMS: c.now().Add(life).UnixMilli(),
		})
		out[i] = kp
	}
	return out, nil
}

func kpKey(ref []byte) string { return kpPrefix + hex.EncodeToString(ref) }

// keyPackagesFor returns the secrets of the key packages that a Welcome names and
// this device has.
func (t *tx) keyPackagesFor(welcome []byte) (secrets []*mls.KeyPackageSecrets, keys []string, lastResort bool, err error) {
	peek, err := public.PeekWelcome(welcome)
	if err != nil {
		return nil, nil, false, nil // not a Welcome: nobody's
	}
	for _, ref := range peek.NewMembers {
		var rec keyPackageRecord
		found, err := t.load(kpKey(ref), &rec)
		if err != nil {
			return nil, nil, false, err
		}
		if !found {
			continue
		}
		s, err := mls.ParseKeyPackageSecrets(rec.Secrets)
		if err != nil {
			return nil, nil, false, err
		}
		secrets, keys = append(secrets, s), append(keys, kpKey(ref))
		lastResort = lastResort || rec.LastResort
	}
	return secrets, keys, lastResort, nil
}

// replenish publishes key packages where few are left. It looks again only after
// an interval, or when one was used.
func (c *Client) replenish(ctx context.Context) error {
	due, err := c.replenishDue(ctx)
	if err != nil || !due {
		return err
	}
	have, err := call[wire.KeyPackageCount](ctx, c, wire.OpKeyPackageCount, wire.Empty{})
	if err != nil {
		return err
	}
	freshUntil := c.now().Add(lastResortLife / 2).Unix()
	needLast := !have.LastResort || have.Expires < freshUntil
	if have.SingleUse >= minKeyPackages && !needLast {
		return c.replenished(ctx)
	}
	request, err := c.publication(ctx, have, needLast)
	if err != nil {
		return err
	}
	_, err = call[wire.KeyPackageCount](ctx, c, wire.OpPublishKeyPackages, request)
	if err != nil && !isRefusal(err) {
		return err
	}
	return errors.Join(err, c.replenished(ctx))
}

// publication returns the request for what is missing, made once and kept with
// its secrets until the server has answered it.
func (c *Client) publication(ctx context.Context, have *wire.KeyPackageCount, needLast bool) (*wire.PublishKeyPackagesRequest, error) {
	request := new(wire.PublishKeyPackagesRequest)
	return request, c.step(ctx, func(t *tx) error {
		kept, err := t.get(kpPublishKey)
		if err != nil {
			return err
		}
		*request = wire.PublishKeyPackagesRequest{}
		if kept != nil {
			return wire.Unmarshal(kept, request)
		}
		if have.SingleUse < minKeyPackages {
			if request.KeyPackages, err = t.newKeyPackages(wantKeyPackages-have.SingleUse, false); err != nil {
				return err
			}
		}
		if needLast {
			last, err := t.newKeyPackages(1, true)
			if err != nil {
				return err
			}
			request.LastResort = last[0]
		}
		t.save(kpPublishKey, request)
		return t.dropExpiredKeyPackages()
	})
}

func (c *Client) replenishDue(ctx context.Context) (bool, error) {
	var checked int64
	err := c.step(ctx, func(t *tx) error {
		_, err := t.load(kpCheckKey, &checked)
		return err
	})
	return c.nowMS()-checked >= keyPackageInterval.Milliseconds(), err
}

func (c *Client) replenished(ctx context.Context) error {
	return c.step(ctx, func(t *tx) error {
		t.put(kpCheckKey, cbor.MustMarshal(c.nowMS()))
		t.del(kpPublishKey)
		return nil
	})
}

// dropExpiredKeyPackages deletes secrets that no Welcome can need any more.
func (t *tx) dropExpiredKeyPackages() error {
	records, err := t.list(kpPrefix)
	if err != nil {
		return err
	}
	for _, rec := range records {
		var kp keyPackageRecord
		if _, err := t.load(rec.Key, &kp); err != nil {
			return err
		}
		if t.c.nowMS() > kp.ExpiresMS+keyPackageGrace.Milliseconds() {
			t.del(rec.Key)
		}
	}
	return nil
}
