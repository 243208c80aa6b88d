// Package deskclient calls a desk's API for scripts, with a staff token.
package deskclient

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"parley/desk/deskapi"
)

// maxAnswer bounds an answer, in bytes; callTime a call.
const (
	maxAnswer = 64 << 20
	maxMedia  = 256 << 20
	callTime  = time.Minute
)

// A Client calls one desk. It is safe for concurrent use.
type Client struct {
	base, token string
	http        *http.Client
}

// New returns the client of the desk at address (scheme://host[:port]).
func New(address, token string) (*Client, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, errors.New("deskclient: want http(s)://HOST[:PORT]")
	}
	return &Client{base: u.Scheme + "://" + u.Host, token: token, http: &http.Client{
		Timeout: callTime, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// Call makes the call of a name in deskapi.Routes. param is its parameter, out points
// to its answer. A refusal is a *deskapi.Error.
func (c *Client) Call(ctx context.Context, name string, param, out any) error {
	i := slices.IndexFunc(deskapi.Routes, func(r deskapi.Route) bool { return r.Name == name })
	if i < 0 {
		return fmt.Errorf("deskclient: no call %s", name)
	}
	r, err := c.request(ctx, deskapi.Routes[i], param)
	if err != nil {
		return err
	}
	res, err := c.http.Do(r)
	if err != nil {
		return fmt.Errorf("deskclient: %w", err)
	}
	defer res.Body.Close()
	data, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	if err != nil || len(data) > maxAnswer {
		return fmt.Errorf("deskclient: reading the answer: %v", err)
	}
	if res.StatusCode == http.StatusOK {
		return json.Unmarshal(data, out)
	}
	var e deskapi.Error
	if json.Unmarshal(data, &e) != nil || e.Code == "" {
		return fmt.Errorf("deskclient: the desk answered %d", res.StatusCode)
	}
	return &e
}

// Media gives the bytes of an attachment that was revealed: path is deskapi.Media.URL.
func (c *Client) Media(ctx context.Context, path string) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+path, nil)
	if err != nil {
		return nil, fmt.Errorf("deskclient: %v", err)
	}
	r.Header.Set("Authorization", "Bearer "+c.token)
	res, err := c.http.Do(r)
	if err != nil {
		return nil, fmt.Errorf("deskclient: %w", err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("deskclient: the desk answered %d", res.StatusCode)
	}
	data, err := io.ReadAll(io.LimitReader(res.Body, maxMedia+1))
	if err != nil || len(data) > maxMedia {
		return nil, fmt.Errorf("deskclient: reading the attachment: %v", err)
	}
	return data, nil
}

// request places the parameter's fields: in the path, then in query or body.
func (c *Client) request(ctx context.Context, route deskapi.Route, param any) (*http.Request, error) {
	raw, err := json.Marshal(param)
	if err != nil {
		return nil, fmt.Errorf("deskclient: %v", err)
	}
	var fields map[string]any
	if err := json.Unmarshal(raw, &fields); err != nil {
		return nil, fmt.Errorf("deskclient: %v", err)
	}
	path := deskapi.Prefix + route.Path
	query := url.Values{}
	for name, v := range fields {
		text := fmt.Sprint(v)
		if f, ok := v.(float64); ok {
			text = fmt.Sprintf("%.0f", f)
		}
		if hole := "{" + name + "}"; strings.Contains(path, hole) {
			path = strings.ReplaceAll(path, hole, url.PathEscape(text))
			delete(fields, name)
		} else {
			query.Set(name, text)
		}
	}
	body, err := json.Marshal(fields)
	if err != nil {
		return nil, fmt.Errorf("deskclient: %v", err)
	}
	address := c.base + path
	if route.Method == http.MethodGet {
		body = nil
		if len(query) > 0 {
			address += "?" + query.Encode()
		}
	}
	r, err := http.NewRequestWithContext(ctx, route.Method, address, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("deskclient: %v", err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+c.token)
	return r, nil
}
