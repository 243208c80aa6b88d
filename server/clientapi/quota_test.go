package clientapi_test

import (
	"bytes"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"testing"
	"time"

	"parley/identity"
	"parley/server"
	"parley/server/clientapi"
	"parley/wire"
)

// quotaItem is an item of either field.
var quotaItem = regexp.MustCompile(`"(\w+)"((?:;\w+=(?:\d+|"[\w-]+"))+)`)

// item returns the parameters of a policy in a field; "" where it isn't there.
func item(h http.Header, field, name string) string {
	for _, m := range quotaItem.FindAllStringSubmatch(h.Get(field), -1) {
		if m[1] == name {
			return m[2]
		}
	}
	return ""
}

// Each answer over HTTP says what its policies are and what is left of them:
// draft-ietf-httpapi-ratelimit-headers-11, Section 3,
// draft-ietf-httpapi-ratelimit-headers-11, Section 3.1,
// draft-ietf-httpapi-ratelimit-headers-11, Section 4, and
// draft-ietf-httpapi-ratelimit-headers-11, Section 4.1.
func TestRateLimitFields(t *testing.T) {
	s := newSite(t, clientapi.Options{}, still, func(cfg *server.Config) {
		cfg.Rates.Request, cfg.Rates.Anonymous = server.Rate{Burst: 5, Every: time.Minute}, server.Rate{Burst: 50, Every: time.Hour}
		cfg.Rates.Bytes = 1 << 20
	})
	alice := s.person("alice")
	left := 5
	for range 7 {
		resp := s.post(wire.OpKeyPackageCount, alice.token, nil)
		if got, want := item(resp.Header, "RateLimit-Policy", "device"), ";q=5;w=300"; got != want {
			t.Fatalf("policy of the device: %q; want %q", got, want)
		}
		if got, want := item(resp.Header, "RateLimit-Policy", "account"), `;q=1048576;qu="content-bytes";w=3600`; got != want {
			t.Fatalf("policy of the account: %q; want %q", got, want)
		}
		if left--; left > 0 {
			if got, want := item(resp.Header, "RateLimit", "device"), fmt.Sprintf(";r=%d", left); resp.StatusCode != 200 || got != want {
				t.Fatalf("%d, left: %q; want %q", resp.StatusCode, got, want)
			}
			continue
		}
		var wait int
		if _, err := fmt.Sscanf(item(resp.Header, "RateLimit", "device"), ";r=0;t=%d", &wait); err != nil || wait != 60 {
			t.Fatalf("nothing left: %q, want a minute's wait", resp.Header.Get("RateLimit"))
		}
		if left == 0 { // the last one that was served
			continue
		}
		// draft-ietf-httpapi-ratelimit-headers-11, Section 6: Retry-After isn't earlier.
		retry, err := strconv.Atoi(resp.Header.Get("Retry-After"))
		if resp.StatusCode != 429 || err != nil || retry < wait {
			t.Fatalf("refused: %d, Retry-After %q, RateLimit %q", resp.StatusCode, resp.Header.Get("Retry-After"), resp.Header.Get("RateLimit"))
		}
	}
	resp := s.post(wire.OpInfo, nil, nil)
	if got, want := item(resp.Header, "RateLimit-Policy", "address"), ";q=50;w=180000"; got != want {
		t.Errorf("policy of the address: %q; want %q", got, want)
	}
	if resp.Header.Get("RateLimit") == "" || item(resp.Header, "RateLimit", "device") != "" {
		t.Errorf("without a session: %q", resp.Header.Get("RateLimit"))
	}
	if resp := s.post(wire.OpRead, nil, nil); resp.Header.Get("RateLimit") != "" {
		t.Errorf("who isn't known has no quota: %q", resp.Header.Get("RateLimit"))
	}
}

// A refusal that none of the allowances explains has an item of its own; and where
// there is no limit, there is no field.
func TestRateLimitOtherwise(t *testing.T) {
	s := newSite(t, clientapi.Options{}, still, func(cfg *server.Config) {
		cfg.Rates.Login, cfg.Rates.Anonymous = server.Rate{Burst: 1, Every: 90 * time.Second}, server.Rate{Burst: -1}
	})
	alice := s.person("alice")
	body, _ := wire.Marshal(&wire.ResetRequest{Login: []byte("wrong"), List: identity.SignedDeviceList{Signer: alice.device}})
	if resp := s.post(wire.OpReset, nil, bytes.NewReader(body)); resp.StatusCode != 403 || resp.Header.Get("RateLimit") != "" || resp.Header.Get("RateLimit-Policy") != "" {
		t.Errorf("without a limit: %d, %q, %q", resp.StatusCode, resp.Header.Get("RateLimit"), resp.Header.Get("RateLimit-Policy"))
	}
	resp := s.post(wire.OpReset, nil, bytes.NewReader(body))
	want := ";r=0;t=" + resp.Header.Get("Retry-After")
	if got := item(resp.Header, "RateLimit", "attempts"); resp.StatusCode != 429 || got != want {
		t.Errorf("too many logins: %d, %q; want %q", resp.StatusCode, got, want)
	}
}
