package client

import (
	"bytes"
	"context"
	"time"

	"parley/franking"
	"parley/identity"
	"parley/internal/cbor"
	"parley/wire"
)

// A stampsRecord is what the server has told of its stamps.
type stampsRecord struct {
	_          struct{} `cbor:",toarray"`
	Version    uint8    // of this record: 1
	AtMS       int64    // when it was asked last
	EvidenceMS int64    // for how long what can be reported is kept; 0: [DefaultEvidence]
	Stamps     bool     // it stamps messages: one of version 0.1.0 doesn't
	Statements [][]byte // franking.KeyStatement: checked, and no key has two successors
}

// askInterval is what lies between two questions for the server's keys without a cause.
const askInterval = 24 * time.Hour

// askStamps asks the server for its keys and for how long to keep evidence, where
// that is due. What it says is believed as far as it follows from what is known.
func (c *Client) askStamps(ctx context.Context, now bool) error {
	due := now
	err := c.step(ctx, func(t *tx) error {
		var s stampsRecord
		_, err := t.load(stampsKey, &s)
		due = now || t.c.nowMS()-s.AtMS >= askInterval.Milliseconds() || t.c.nowMS() < s.AtMS
		return err
	})
	if err != nil || !due {
		return err
	}
	info, err := Info(ctx, c.cfg.Transport)
	if err != nil {
		return err
	}
	return c.step(ctx, func(t *tx) error { return t.learnStamps(info) })
}

// learnStamps takes over what the server says of its stamps. A statement that
// doesn't check, or names another successor of a key than is known, is refused, and
// then nothing new is believed.
func (t *tx) learnStamps(info *wire.Info) error {
	s := stampsRecord{Version: 1}
	if _, err := t.load(stampsKey, &s); err != nil {
		return err
	}
	s.AtMS, s.EvidenceMS = t.c.nowMS(), max(info.EvidenceMS, 0)
	s.Stamps = s.Stamps || len(info.FrankingKeys) > 0
	statements, ok, err := t.extendStatements(s.Statements, info.FrankingKeys)
	if err != nil {
		return err
	}
	if !ok {
		if err := t.refuse(Refusal{Code: "bad_franking_key"}); err != nil {
			return err
		}
	}
	s.Statements = statements
	t.save(stampsKey, &s)
	_, _ = t.learnDesk(info) // the desk is pinned at first sight; reporting says what is wrong with it
	t.c.stampKeys, t.c.evidenceDueMS = nil, 0
	return nil
}

// extendStatements returns known with what is new in told and follows from a key that
// a room has pinned: what doesn't takes no place. It returns known alone and false
// where told has something that can't be.
func (t *tx) extendStatements(known, told [][]byte) ([][]byte, bool, error) {
	from, err := t.pinnedKeys()
	if err != nil {
		return nil, false, err
	}
	next := map[identity.PublicKey][]byte{} // by the key before
	for _, s := range parseStatements(known) {
		from[s.Key], next[s.Previous] = true, s.Marshal()
	}
	out := known
	for grown := true; grown; {
		grown = false
		for _, b := range told {
			s, err := franking.ParseKeyStatement(b)
			switch {
			case err != nil:
				return known, false, nil
			case !from[s.Previous] || bytes.Equal(next[s.Previous], b):
			case next[s.Previous] != nil, s.Check(t.c.self.Account.Domain()) != nil, len(out) >= franking.MaxKeys:
				return known, false, nil
			default:
				from[s.Key], next[s.Previous], grown = true, b, true
				out = append(out[:len(out):len(out)], b)
			}
		}
	}
	return out, true, nil
}

// pinnedKeys returns the keys that rooms have pinned.
func (t *tx) pinnedKeys() (map[identity.PublicKey]bool, error) {
	keys := map[identity.PublicKey]bool{}
	rooms, err := t.rooms()
	for _, r := range rooms {
		if key, err := identity.ParsePublicKey(r.FrankingKey); err == nil {
			keys[key] = true
		}
	}
	return keys, err
}

func parseStatements(encoded [][]byte) []franking.KeyStatement {
	var out []franking.KeyStatement
	for _, b := range encoded {
		if s, err := franking.ParseKeyStatement(b); err == nil {
			out = append(out, *s)
		}
	}
	return out
}

// frankKeys returns the keys whose stamps a room believes: the one that it has
// pinned, and those that this one's statements lead to.
func (t *tx) frankKeys(r *roomRecord) ([]franking.Key, error) {
	if keys := t.c.stampKeys[string(r.FrankingKey)]; keys != nil {
		return keys, nil
	}
	pinned, err := identity.ParsePublicKey(r.FrankingKey)
	if err != nil {
		return nil, nil // of a room that has none nothing checks
	}
	var s stampsRecord
	if b, err := t.get(stampsKey); err != nil {
		return nil, err
	} else if b != nil {
		if err := cbor.Unmarshal(b, &s); err != nil {
			return nil, t.fail(err)
		}
	}
	keys, err := franking.Chain(r.Room.Domain(), pinned, parseStatements(s.Statements))
	if err != nil {
		keys = []franking.Key{{Key: pinned}}
	}
	if t.c.stampKeys == nil {
		t.c.stampKeys = map[string][]franking.Key{}
	}
	t.c.stampKeys[string(r.FrankingKey)] = keys
	return keys, nil
}
