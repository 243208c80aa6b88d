package bridge

import (
	"context"

	"parley/client"
	"parley/content"
)

// peopleCalls lists the methods of this file.
func (c *Core) peopleCalls() map[string]call {
	return map[string]call{
		"block":         with(c.Block),
		"unblock":       with(c.Unblock),
		"restrict":      with(c.Restrict),
		"unrestrict":    with(c.Unrestrict),
		"blocked":       without(c.Blocked),
		"answerCaptcha": with(c.AnswerCaptcha),
		"confirmReset":  with(c.ConfirmReset),
		"profile":       without(c.Profile),
		"setProfile":    with(c.SetProfile),
	}
}

// Block ends what some people may do. Codes: bad_name.
func (c *Core) Block(ctx context.Context, p Accounts) (Nothing, error) {
	cl, err := c.client()
	if err != nil {
		return Nothing{}, err
	}
	return Nothing{}, cl.Block(ctx, p.Accounts...)
}

// Unblock takes Block back. Codes: bad_name.
func (c *Core) Unblock(ctx context.Context, p Accounts) (Nothing, error) {
	cl, err := c.client()
	if err != nil {
		return Nothing{}, err
	}
	return Nothing{}, cl.Unblock(ctx, p.Accounts...)
}

// Restrict sets some people apart: they may write. Codes: bad_name.
func (c *Core) Restrict(ctx context.Context, p Accounts) (Nothing, error) {
	cl, err := c.client()
	if err != nil {
		return Nothing{}, err
	}
	return Nothing{}, cl.Restrict(ctx, p.Accounts...)
}

// Unrestrict takes Restrict back. Codes: bad_name.
func (c *Core) Unrestrict(ctx context.Context, p Accounts) (Nothing, error) {
	cl, err := c.client()
	if err != nil {
		return Nothing{}, err
	}
	return Nothing{}, cl.Unrestrict(ctx, p.Accounts...)
}

// Blocked returns who is blocked.
func (c *Core) Blocked(ctx context.Context) (People, error) {
	cl, err := c.client()
	if err != nil {
		return People{}, err
	}
	people, err := cl.Blocked(ctx)
	var out People
	for i := range people {
		out.People = append(out.People, personOf(&people[i]))
	}
	return out, err
}

// AnswerCaptcha answers what only a person can. Codes: bad_answer.
func (c *Core) AnswerCaptcha(ctx context.Context, p CaptchaAnswer) (Nothing, error) {
	cl, err := c.client()
	if err != nil {
		return Nothing{}, err
	}
	return Nothing{}, cl.AnswerCaptcha(ctx, p.Answer)
}

// ConfirmReset says that a contact's new identity is theirs. Codes: no_reset.
func (c *Core) ConfirmReset(ctx context.Context, p Account) (Nothing, error) {
	cl, err := c.client()
	if err != nil {
		return Nothing{}, err
	}
	return Nothing{}, cl.ConfirmReset(ctx, p.Account)
}

// Profile returns the own profile.
func (c *Core) Profile(ctx context.Context) (Profile, error) {
	cl, err := c.client()
	if err != nil {
		return Profile{}, err
	}
	p, err := cl.Profile(ctx)
	if err != nil {
		return Profile{}, err
	}
	return Profile{Display: p.Display, Picture: pictureURL(p.Picture)}, nil
}

// SetProfile sets it, for everyone one writes with. Codes: too_long, bad_params.
func (c *Core) SetProfile(ctx context.Context, p Profile) (Nothing, error) {
	cl, err := c.client()
	if err != nil {
		return Nothing{}, err
	}
	if len(p.Display) > content.MaxDisplay {
		return Nothing{}, client.ErrTooLong
	}
	picture, err := pictureOf(p.Picture)
	if err != nil {
		return Nothing{}, err
	}
	return Nothing{}, cl.SetProfile(ctx, content.Profile{Display: p.Display, Picture: picture})
}
