// Package deskhttp is the desk's HTTP API for its page and for scripts, as package
// deskapi has it, and hands out the page.
//
// A browser proves who it is by a cookie that no script can read (HttpOnly,
// SameSite=Strict), and with each request that changes something by a header that no
// other site's page can send. A script sends a staff token. Nothing is done before
// who asks is known, but for signing in.
package deskhttp

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"parley/desk"
	"parley/desk/deskapi"
	"parley/internal/webauthn"
)

// Policy is the page's Content-Security-Policy: nothing from elsewhere, nothing
// inline, no markup from strings.
const Policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; font-src 'self'; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

// mediaPolicy is that of an attachment: whatever it is, it does nothing.
const mediaPolicy = "default-src 'none'; sandbox"

// A Config is what a handler is made of.
type Config struct {
	Desk   *desk.Desk
	Origin string       // scheme://host[:port] under which staff reach it
	Page   http.Handler // nil: there is none, only the API
	Logger *slog.Logger // of what goes wrong inside; nil: none
}

// A Handler serves the API and the page.
type Handler struct {
	desk    *desk.Desk
	origin  string
	secure  bool // cookies go over https only
	keys    *webauthn.Site
	pending *challenges
	page    http.Handler
	logger  *slog.Logger
	mux     *http.ServeMux

	refusals refusals
}

// New returns the handler, or webauthn.ErrNoSite for an origin in which browsers
// have no passkeys.
func New(c Config) (*Handler, error) {
	keys, err := webauthn.At(c.Origin)
	if err != nil {
		return nil, err
	}
	h := &Handler{
		desk: c.Desk, origin: c.Origin, secure: strings.HasPrefix(c.Origin, "https:"), keys: keys, pending: newChallenges(), page: c.Page,
		logger: c.Logger, mux: http.NewServeMux(),
	}
	if h.logger == nil {
		h.logger = slog.New(slog.DiscardHandler)
	}
	calls := h.calls()
	for _, r := range deskapi.Routes {
		call, ok := calls[r.Name]
		if !ok {
			return nil, errors.New("deskhttp: no handler of " + r.Name)
		}
		h.mux.Handle(r.Method+" "+deskapi.Prefix+r.Path, h.route(r, call))
	}
	h.mux.Handle("GET "+deskapi.Prefix+deskapi.MediaPath, http.HandlerFunc(h.media))
	h.mux.HandleFunc(deskapi.Prefix+"/", func(w http.ResponseWriter, _ *http.Request) {
		h.fail(w, &deskapi.Error{Code: deskapi.NotFound, Message: "There is no such call."})
	})
	if c.Page != nil {
		h.mux.Handle("/", c.Page)
	}
	return h, nil
}

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	head := w.Header()
	head.Set("Content-Security-Policy", Policy)
	head.Set("X-Content-Type-Options", "nosniff")
	head.Set("X-Frame-Options", "DENY")
	head.Set("Referrer-Policy", "no-referrer")
	head.Set("Cross-Origin-Opener-Policy", "same-origin")
	head.Set("Cross-Origin-Resource-Policy", "same-origin")
	head.Set("Permissions-Policy", "publickey-credentials-get=(self), publickey-credentials-create=(self), camera=(), microphone=(), geolocation=()")
	if h.secure {
		head.Set("Strict-Transport-Security", "max-age=63072000")
	}
	if strings.HasPrefix(r.URL.Path, deskapi.Prefix+"/") {
		head.Set("Cache-Control", "no-store")
		if !h.ours(r) {
			h.fail(w, &deskapi.Error{Code: deskapi.Forbidden, Message: "This came from another site."})
			return
		}
	}
	h.mux.ServeHTTP(w, r)
}

// ours reports whether a request came from the desk's own page, or from no page at
// all: browsers say so, and no page can say otherwise.
func (h *Handler) ours(r *http.Request) bool {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" && site != "none" {
		return false
	}
	origin := r.Header.Get("Origin")
	return origin == "" || origin == h.origin
}

// A caller is who asks, and how they proved it.
type caller struct {
	actor  desk.Actor
	csrf   string
	cookie string // the session's secret; empty: a token
	w      http.ResponseWriter
}

// A call does one thing for who asks: it decodes its own parameter.
type call func(ctx context.Context, c *caller, decode func(any) error) (any, error)

// bind makes a call of a desk's method.
func bind[P, R any](do func(context.Context, desk.Actor, P) (R, error)) call {
	return func(ctx context.Context, c *caller, decode func(any) error) (any, error) {
		var p P
		if err := decode(&p); err != nil {
			return nil, err
		}
		return do(ctx, c.actor, p)
	}
}

// calls are the handlers by the name of their route.
func (h *Handler) calls() map[string]call {
	d := h.desk
	return map[string]call{
		"Me": h.me, "SignInOptions": h.signInOptions, "SignIn": h.signIn, "SignOut": h.signOut,
		"InviteOptions": h.inviteOptions, "Register": h.register,
		"Cases": bind(d.Cases), "Case": bind(d.Case), "Claim": bind(d.Claim), "Note": bind(d.Note), "Reveal": bind(d.Reveal),
		"Decide": bind(d.Decide), "Confirm": bind(d.Confirm), "Refuse": bind(d.Refuse), "Decision": bind(d.Decision), "Export": bind(d.Export),
		"Account": bind(d.Account), "Appeals": bind(d.Appeals), "Appeal": bind(d.Appeal), "DecideAppeal": bind(d.DecideAppeal),
		"ConfirmAppeal": bind(d.ConfirmAppeal), "RefuseAppeal": bind(d.RefuseAppeal),
		"Staff": bind(d.Staff), "Invite": bind(d.Invite), "SetStaff": bind(d.SetStaff), "NewToken": bind(d.NewToken),
		"Audit": bind(d.Audit), "AuditCheck": bind(d.AuditCheck), "Checkpoint": bind(d.Checkpoint), "Transparency": bind(d.Transparency),
		"LegalRequests": bind(d.LegalRequests), "Legal": bind(d.Legal),
	}
}

// route answers one route.
func (h *Handler) route(r deskapi.Route, do call) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		c := &caller{w: w}
		if !r.Public {
			var err error
			if c, err = h.authenticate(w, q); err != nil {
				h.fail(w, err)
				return
			}
		}
		v, err := do(q.Context(), c, func(p any) error { return decode(w, q, r, p) })
		if err != nil {
			h.fail(w, err)
			return
		}
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		if err := json.NewEncoder(w).Encode(v); err != nil {
			h.logger.Debug("an answer wasn't read", "route", r.Name)
		}
	})
}

// authenticate finds out who asks. A cookie alone never changes anything.
func (h *Handler) authenticate(w http.ResponseWriter, r *http.Request) (*caller, error) {
	c := &caller{w: w}
	var err error
	if secret, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		c.actor, err = h.desk.AuthenticateToken(r.Context(), secret)
		return c, err
	}
	cookie, err := r.Cookie(h.cookieName())
	if err != nil {
		return nil, &deskapi.Error{Code: deskapi.Unauthenticated, Message: "Sign in."}
	}
	c.cookie = cookie.Value
	if c.actor, c.csrf, err = h.desk.Authenticate(r.Context(), cookie.Value); err != nil {
		return nil, err
	}
	if r.Method != http.MethodGet && !desk.SameCSRF(r.Header.Get(deskapi.CSRFHeader), c.csrf) {
		return nil, &deskapi.Error{Code: deskapi.Forbidden, Message: "This didn't come from the desk's page."}
	}
	return c, nil
}

// decode reads the parameter of a request: path, and query or body.
func decode(w http.ResponseWriter, r *http.Request, route deskapi.Route, into any) error {
	fields := map[string]string{}
	for part := range strings.SplitSeq(route.Path, "/") {
		if name, ok := strings.CutPrefix(part, "{"); ok {
			name = strings.TrimSuffix(name, "}")
			fields[name] = r.PathValue(name)
		}
	}
	wrong := &deskapi.Error{Code: deskapi.Invalid, Message: "The request isn't in the form of this call."}
	if r.Method == http.MethodGet {
		query, err := url.ParseQuery(r.URL.RawQuery)
		if err != nil {
			return wrong
		}
		for name := range query {
			if _, inPath := fields[name]; !inPath {
				fields[name] = query.Get(name)
			}
		}
		if setFields(into, fields) != nil {
			return wrong
		}
		return nil
	}
	if err := decodeBody(w, r, into); err != nil {
		return wrong
	}
	if setFields(into, fields) != nil {
		return wrong
	}
	return nil
}

// decodeBody reads a JSON object; nothing is an empty one.
func decodeBody(w http.ResponseWriter, r *http.Request, into any) error {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, deskapi.MaxBody))
	if err != nil || len(body) == 0 {
		return err
	}
	if t, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || t != "application/json" {
		return errors.New("deskhttp: not JSON")
	}
	return json.Unmarshal(body, into)
}

// fail answers an error. What has no code is logged, and said to nobody.
func (h *Handler) fail(w http.ResponseWriter, err error) {
	e, ok := errors.AsType[*deskapi.Error](err)
	switch {
	case ok:
	case desk.IsAuditError(err):
		h.logger.Error("the audit log", "error", err)
		e = &deskapi.Error{Code: deskapi.AuditFailed, Message: "The audit log can't be written, so that nothing happens here until it can."}
	default:
		h.logger.Error("a request failed", "error", err)
		e = &deskapi.Error{Code: deskapi.Internal, Message: "Something went wrong here. It was logged."}
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(e.Code.Status())
	json.NewEncoder(w).Encode(e)
}
