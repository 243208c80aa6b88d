package deskhttp

import (
	"context"
	"net/http"

	"parley/desk"
	"parley/desk/deskapi"
	"parley/internal/webauthn"
)

// cookieAge is the cookie's, in seconds: no longer than a session.
const cookieAge = 12 * 3600

// cookieName begins with what browsers hold to https and this host, where there is
// https.
func (h *Handler) cookieName() string {
	if h.secure {
		return "__Host-desk"
	}
	return "desk"
}

func (h *Handler) setCookie(w http.ResponseWriter, value string, age int) {
	http.SetCookie(w, &http.Cookie{
		Name: h.cookieName(), Value: value, Path: "/", MaxAge: age, Secure: h.secure, HttpOnly: true, SameSite: http.SameSiteStrictMode,
	})
}

var errNotProof = &deskapi.Error{Code: deskapi.Unauthenticated, Message: "This passkey didn't work. Try again."}

func (h *Handler) me(ctx context.Context, c *caller, _ func(any) error) (any, error) {
	me, err := h.desk.Me(ctx, c.actor, deskapi.Nothing{})
	me.CSRF = c.csrf
	return me, err
}

func (h *Handler) signInOptions(_ context.Context, _ *caller, _ func(any) error) (any, error) {
	value, state := h.pending.add("")
	options, err := h.keys.RequestOptions(value)
	return deskapi.PasskeyOptions{Options: string(options), State: state}, err
}

func (h *Handler) signIn(ctx context.Context, c *caller, decode func(any) error) (any, error) {
	var p deskapi.PasskeyAnswer
	if err := decode(&p); err != nil {
		return nil, err
	}
	s, err := h.proven(ctx, p)
	if err != nil {
		return nil, err
	}
	return h.begin(ctx, c, s)
}

// proven checks a passkey's answer and begins a session. The log has it where somebody
// tried in the name of one of the staff; of strangers it has nothing, since they could
// fill it.
func (h *Handler) proven(ctx context.Context, p deskapi.PasskeyAnswer) (s desk.Session, err error) {
	value := h.pending.value(p.State, "")
	user, bad := webauthn.User([]byte(p.Answer))
	if value == nil || bad != nil {
		return s, errNotProof
	}
	known, err := h.desk.PasskeysOf(ctx, string(user))
	if err != nil {
		return s, err
	}
	keys := make([]webauthn.Key, len(known))
	for i, k := range known {
		keys[i] = webauthn.Key(k)
	}
	which, count, err := h.keys.Used([]byte(p.Answer), value, user, keys)
	if err != nil || !h.pending.spend(p.State) {
		return s, h.notProven()
	}
	return h.desk.SignedIn(ctx, string(user), which, count)
}

// notProven refuses, once the log has it: but for so many in an hour, since whoever knows
// somebody's id may try as often as they like.
func (h *Handler) notProven() error {
	if h.refusals.take() {
		if err := h.desk.SignInFailed(); err != nil {
			return err
		}
	}
	return errNotProof
}

// begin gives the session to the browser: to its cookie, and not to its page.
func (h *Handler) begin(ctx context.Context, c *caller, s desk.Session) (any, error) {
	h.setCookie(c.w, s.Secret, cookieAge)
	c.actor, c.csrf = s.Actor, s.CSRF
	return h.me(ctx, c, nil)
}

func (h *Handler) signOut(ctx context.Context, c *caller, _ func(any) error) (any, error) {
	if c.cookie == "" {
		return deskapi.Nothing{}, nil
	}
	h.setCookie(c.w, "", -1)
	return deskapi.Nothing{}, h.desk.SignOut(ctx, c.actor, c.cookie)
}

func (h *Handler) inviteOptions(ctx context.Context, _ *caller, decode func(any) error) (any, error) {
	var p deskapi.Invited
	if err := decode(&p); err != nil {
		return nil, err
	}
	who, err := h.desk.Invited(ctx, p.Token)
	if err != nil {
		return nil, err
	}
	value, state := h.pending.add(p.Token)
	options, err := h.keys.CreationOptions([]byte(who.ID), who.Name, value, nil)
	return deskapi.PasskeyOptions{Options: string(options), State: state}, err
}

func (h *Handler) register(ctx context.Context, c *caller, decode func(any) error) (any, error) {
	var p deskapi.Registration
	if err := decode(&p); err != nil {
		return nil, err
	}
	value := h.pending.value(p.State, p.Token)
	if value == nil {
		return nil, errNotProof
	}
	if _, err := h.desk.Invited(ctx, p.Token); err != nil { // before anything is looked at
		return nil, err
	}
	key, err := h.keys.Created([]byte(p.Answer), value)
	if err != nil || !h.pending.spend(p.State) {
		return nil, h.notProven()
	}
	s, err := h.desk.Join(ctx, p.Token, desk.Passkey(*key))
	if err != nil {
		return nil, err
	}
	return h.begin(ctx, c, s)
}
