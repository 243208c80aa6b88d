package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"parley/franking"
	"parley/identity"
	"parley/report"
	"parley/wire"
)

// maxKeysFile bounds what is read of published keys, in bytes.
const maxKeysFile = 1 << 20

// maxChains bounds the first keys of a published list: a platform has one, and
// another for each time that it began anew.
const maxChains = 16

// loadKeys reads a platform's published keys from a file or an address, and returns
// those that lead on from its first keys, or from pin alone.
func loadKeys(ctx context.Context, from, pin string) (report.Keys, error) {
	data, err := readKeys(ctx, from)
	if err != nil {
		return report.Keys{}, err
	}
	var published wire.FrankingKeys
	if err := json.Unmarshal(data, &published); err != nil || len(published.Statements) == 0 {
		return report.Keys{}, errors.New("the keys are not in the form of published keys")
	}
	var statements []franking.KeyStatement
	for _, b := range published.Statements {
		s, err := franking.ParseKeyStatement(b)
		if err != nil {
			return report.Keys{}, err
		}
		statements = append(statements, *s)
	}
	keys := report.Keys{Domain: statements[0].Domain}
	roots, err := firstKeys(keys.Domain, statements, pin)
	if err != nil {
		return report.Keys{}, err
	}
	for _, root := range roots {
		chain, err := franking.Chain(keys.Domain, root, statements)
		if err != nil {
			return report.Keys{}, fmt.Errorf("the published keys don't follow from each other: %v", err)
		}
		keys.Franking = append(keys.Franking, chain...)
	}
	return keys, nil
}

// firstKeys returns the keys with which chains begin.
func firstKeys(domain string, statements []franking.KeyStatement, pin string) ([]identity.PublicKey, error) {
	if pin != "" {
		raw, err := base64.RawURLEncoding.DecodeString(pin)
		if err != nil {
			return nil, usagef("--pin is not a key: 43 characters of base64url")
		}
		key, err := identity.ParsePublicKey(raw)
		if err != nil {
			return nil, usagef("--pin is not a key: 43 characters of base64url")
		}
		return []identity.PublicKey{key}, nil
	}
	var out []identity.PublicKey
	for i := range statements {
		s := &statements[i]
		if s.Previous != (identity.PublicKey{}) {
			continue
		}
		if err := s.Check(domain); err != nil {
			return nil, err
		}
		out = append(out, s.Key)
	}
	if len(out) == 0 || len(out) > maxChains {
		return nil, errors.New("the published keys have no first key, or too many: use --pin")
	}
	return out, nil
}

func readKeys(ctx context.Context, from string) ([]byte, error) {
	if !strings.HasPrefix(from, "https://") && !strings.HasPrefix(from, "http://") {
		f, err := os.Open(from)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		return io.ReadAll(io.LimitReader(f, maxKeysFile))
	}
	if !strings.HasSuffix(from, wire.FrankingKeysPath) {
		from = strings.TrimSuffix(from, "/") + wire.FrankingKeysPath
	}
	ctx, stop := context.WithTimeout(ctx, time.Minute)
	defer stop()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, from, nil)
	if err != nil {
		return nil, usagef("--keys is neither a file nor an address")
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the server publishes no keys there: %s", resp.Status)
	}
	return io.ReadAll(io.LimitReader(resp.Body, maxKeysFile))
}
