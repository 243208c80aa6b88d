// Package captcha asks the platform's captcha whether an answer is right, by the
// request that such services share: a form with secret and response, posted to their
// siteverify address, answered by JSON with success. No name and no address of a
// person is sent.
package captcha

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"parley/server"
)

// timeout bounds one question, and maxAnswer what is read of its answer.
const (
	timeout   = 10 * time.Second
	maxAnswer = 64 << 10
)

// A Service is a captcha service. It is safe for concurrent use.
type Service struct {
	page, verify, secret string
	client               *http.Client
}

var _ server.Captcha = (*Service)(nil)

// ErrAddress is an address that isn't https://, or http:// of this machine.
var ErrAddress = errors.New("captcha: want an https:// address")

// ErrSecret is a secret that isn't there: the service would refuse every answer.
var ErrSecret = errors.New("captcha: the secret is empty")

// New returns the service whose page, for people, and whose siteverify address are
// given, with the secret that it knows this site by. It returns ErrAddress or ErrSecret.
func New(page, verify, secret string) (*Service, error) {
	for _, a := range []string{page, verify} {
		if !isAddress(a) {
			return nil, ErrAddress
		}
	}
	if secret == "" {
		return nil, ErrSecret
	}
	client := &http.Client{Timeout: timeout, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return &Service{page: page, verify: verify, secret: secret, client: client}, nil
}

func isAddress(a string) bool {
	u, err := url.Parse(a)
	if err != nil || u.Host == "" || u.User != nil {
		return false
	}
	return u.Scheme == "https" || u.Scheme == "http" && (u.Hostname() == "127.0.0.1" || u.Hostname() == "localhost")
}

// Page implements [server.Captcha].
func (s *Service) Page() string { return s.page }

// Verify implements [server.Captcha].
func (s *Service) Verify(ctx context.Context, answer string) (bool, error) {
	form := url.Values{"secret": {s.secret}, "response": {answer}}.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.verify, strings.NewReader(form))
	if err != nil {
		return false, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := s.client.Do(req)
	if err != nil {
		return false, errors.New("captcha: the service can't be reached")
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return false, fmt.Errorf("captcha: the service answers with status %d", resp.StatusCode)
	}
	var reply struct {
		Success bool `json:"success"`
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, maxAnswer)).Decode(&reply); err != nil {
		return false, errors.New("captcha: the service's answer can't be read")
	}
	return reply.Success, nil
}
