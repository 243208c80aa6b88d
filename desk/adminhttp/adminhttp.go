// Package adminhttp is a desk.Server over HTTP: the client of the server's admin API,
// as package wire/admin has it.
package adminhttp

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"parley/desk"
	"parley/identity"
	"parley/wire/admin"
)

// Bounds of answers and of time.
const (
	maxAnswer  = 16 << 20 // bytes: base64 of admin.MaxReportBytes, and more
	maxProblem = 16 << 10
	callTime   = 30 * time.Second
	reportPage = 20
)

// ErrAddress is returned for what isn't the URL of a server.
var ErrAddress = errors.New("adminhttp: want http(s)://HOST[:PORT]")

// A Client is a desk.Server. It is safe for concurrent use.
type Client struct {
	base  string
	token string
	http  *http.Client
}

var _ desk.Server = (*Client)(nil)

// New returns the client of the admin API at address with a token. config is for
// https; nil: the system's authorities.
func New(address, token string, config *tls.Config) (*Client, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.Path != "" && u.Path != "/" || u.User != nil {
		return nil, ErrAddress
	}
	return &Client{
		base: u.Scheme + "://" + u.Host + admin.Prefix, token: token,
		http: &http.Client{
			Transport:     &http.Transport{TLSClientConfig: config, MaxIdleConns: 4, IdleConnTimeout: time.Minute},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, // the token goes nowhere else
		},
	}, nil
}

// call makes one request: body and answer are JSON, nil where there is none. key is
// the Idempotency-Key of a POST.
func (c *Client) call(ctx context.Context, method, path, key string, body, answer any) error {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	res, err := c.send(ctx, method, path, key, body)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if answer == nil {
		return nil
	}
	data, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	if err != nil {
		return fmt.Errorf("adminhttp: %w", err)
	}
	if len(data) > maxAnswer || json.Unmarshal(data, answer) != nil {
		return errors.New("adminhttp: an answer that isn't one")
	}
	return nil
}

// send returns an answer that isn't a refusal; its body is the caller's to close.
func (c *Client) send(ctx context.Context, method, path, key string, body any) (*http.Response, error) {
	var data io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			return nil, fmt.Errorf("adminhttp: %v", err)
		}
		data = bytes.NewReader(raw)
	}
	r, err := http.NewRequestWithContext(ctx, method, c.base+path, data)
	if err != nil {
		return nil, fmt.Errorf("adminhttp: %v", err)
	}
	r.Header.Set("Authorization", "Bearer "+c.token)
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if key != "" {
		r.Header.Set("Idempotency-Key", key)
	}
	res, err := c.http.Do(r)
	if err != nil {
		return nil, fmt.Errorf("adminhttp: %s %w", method, unaddressed(err))
	}
	if res.StatusCode >= 200 && res.StatusCode < 300 {
		return res, nil
	}
	defer res.Body.Close()
	return nil, problemOf(res)
}

// unaddressed takes the URL off an error: it names accounts, which go into no log.
func unaddressed(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}

// problemOf returns what an answer refuses with: desk.ErrGone for what isn't there.
func problemOf(res *http.Response) error {
	var p admin.Problem
	raw, err := io.ReadAll(io.LimitReader(res.Body, maxProblem))
	if err != nil || json.Unmarshal(raw, &p) != nil || p.Code == "" {
		return fmt.Errorf("adminhttp: the server answered %d", res.StatusCode)
	}
	switch p.Code {
	case admin.CodeUnknownAccount, admin.CodeUnknownBlob, admin.CodeTaken:
		return fmt.Errorf("%w: %s", desk.ErrGone, p.Code)
	}
	return fmt.Errorf("adminhttp: %w", &p)
}

func ofAccount(a identity.Account) string { return "/accounts/" + url.PathEscape(string(a)) }

// Reports implements desk.Queue.
func (c *Client) Reports(ctx context.Context, after string) (*admin.Reports, error) {
	q := url.Values{"limit": {strconv.Itoa(reportPage)}}
	if after != "" {
		q.Set("after", after)
	}
	var page admin.Reports
	return &page, c.call(ctx, "GET", "/reports?"+q.Encode(), "", nil, &page)
}

// Acknowledge implements desk.Queue.
func (c *Client) Acknowledge(ctx context.Context, id string) error {
	return c.call(ctx, "DELETE", "/reports/"+url.PathEscape(id), "", nil, nil)
}

// Sanction implements desk.Enforcer.
func (c *Client) Sanction(ctx context.Context, a identity.Account, r admin.SanctionRequest) error {
	return c.call(ctx, "POST", ofAccount(a)+"/sanctions", "sanction."+r.Decision, r, nil)
}

// Lift implements desk.Enforcer.
func (c *Client) Lift(ctx context.Context, a identity.Account, decision string) error {
	return c.call(ctx, "DELETE", ofAccount(a)+"/sanctions/"+url.PathEscape(decision), "", nil, nil)
}

// Notify implements desk.Enforcer.
func (c *Client) Notify(ctx context.Context, a identity.Account, r admin.NoticeRequest) error {
	return c.call(ctx, "POST", ofAccount(a)+"/notices", "notice."+r.ID, r, nil)
}

// TakeDown implements desk.Enforcer.
func (c *Client) TakeDown(ctx context.Context, blob [32]byte, decision string) error {
	name := hex.EncodeToString(blob[:])
	return c.call(ctx, "POST", "/blobs/"+name+"/take-down", decision+"."+name, admin.TakeDownRequest{Decision: decision}, nil)
}

// Restore implements desk.Enforcer.
func (c *Client) Restore(ctx context.Context, blob [32]byte, decision string) error {
	name := hex.EncodeToString(blob[:])
	var out admin.Restore
	err := c.call(ctx, "POST", "/blobs/"+name+"/restore", "restore."+decision+"."+name, admin.RestoreRequest{Decision: decision}, &out)
	if err == nil && !out.Served {
		err = desk.ErrGone
	}
	return err
}

// Account implements desk.Evidence.
func (c *Client) Account(ctx context.Context, a identity.Account) (*admin.Account, error) {
	var out admin.Account
	return &out, c.call(ctx, "GET", ofAccount(a), "", nil, &out)
}

// Blob implements desk.Evidence.
func (c *Client) Blob(ctx context.Context, blob [32]byte, limit int64) (io.ReadCloser, error) {
	res, err := c.send(ctx, "GET", "/blobs/"+hex.EncodeToString(blob[:]), "", nil)
	if err != nil {
		return nil, err
	}
	return struct {
		io.Reader
		io.Closer
	}{io.LimitReader(res.Body, limit), res.Body}, nil
}

// FrankingKeys implements desk.Evidence.
func (c *Client) FrankingKeys(ctx context.Context) ([][]byte, error) {
	var out admin.FrankingKeys
	err := c.call(ctx, "GET", "/franking-keys", "", nil, &out)
	return out.Statements, err
}

// CheckFrank implements desk.Evidence.
func (c *Client) CheckFrank(ctx context.Context, r admin.FrankRequest) (*admin.FrankVerdict, error) {
	key := make([]byte, 16)
	rand.Read(key)
	var out admin.FrankVerdict
	return &out, c.call(ctx, "POST", "/franks/verify", "frank."+hex.EncodeToString(key), r, &out)
}

// PutDeskKey implements desk.Evidence.
func (c *Client) PutDeskKey(ctx context.Context, statement []byte) error {
	return c.call(ctx, "PUT", "/desk-key", "", admin.DeskKey{Statement: statement}, nil)
}

// Legal implements desk.Evidence.
func (c *Client) Legal(ctx context.Context, a identity.Account) (*admin.LegalAccount, error) {
	var out admin.LegalAccount
	return &out, c.call(ctx, "GET", "/legal"+ofAccount(a), "", nil, &out)
}

// ReadToken returns the token in a file's text: its first line that isn't empty.
func ReadToken(text string) string {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			return line
		}
	}
	return ""
}

// probes are requests that change nothing, one for each scope that a desk needs: what
// is behind {account} is nobody's.
var probes = []struct {
	scope        admin.Scope
	method, path string
	body         any
}{
	{admin.ScopeReports, "GET", "/reports?limit=1", nil},
	{admin.ScopeAccounts, "GET", "/accounts/{account}", nil},
	{admin.ScopeSanctions, "POST", "/accounts/{account}/sanctions", admin.SanctionRequest{}},
	{admin.ScopeNotices, "POST", "/accounts/{account}/notices", admin.NoticeRequest{}},
	{admin.ScopeBlobs, "GET", "/blobs/{blob}", nil},
	{admin.ScopeFranks, "GET", "/franking-keys", nil},
	{admin.ScopeDeskKey, "PUT", "/desk-key", admin.DeskKey{}},
	{admin.ScopeLegal, "GET", "/legal/accounts/{account}", nil},
}

// Missing asks which scopes the token lacks of those that a desk needs, and changes
// nothing. The error says that the server doesn't answer, or doesn't know the token.
func (c *Client) Missing(ctx context.Context, nobody identity.Account) (missing []admin.Scope, err error) {
	fill := strings.NewReplacer("{account}", url.PathEscape(string(nobody)), "{blob}", strings.Repeat("0", 64))
	for _, p := range probes {
		err := c.call(ctx, p.method, fill.Replace(p.path), "", p.body, nil)
		problem, refused := errors.AsType[*admin.Problem](err)
		switch {
		case err == nil, errors.Is(err, desk.ErrGone):
		case refused && problem.Code == admin.CodeScope:
			missing = append(missing, p.scope)
		case refused && (problem.Code == admin.CodeBadRequest || problem.Code == admin.CodeTooLarge): // as it should be
		default:
			return missing, err
		}
	}
	return missing, nil
}
