package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"parley/client"
	"parley/cmd/parley/chat"
	"parley/wire"
)

var captchaCommand = command{
	name: "captcha", usage: "captcha [ANSWER]",
	summary: "Answer the platform's question whether a person is writing.",
	more: `
Who does a lot at once among strangers may be asked by the platform to answer at a page
of its own. Open it in a browser; ANSWER is what it shows then. Messages that waited for
it are sent; what was refused otherwise can be done again. An answer counts for one
request, and for ten minutes.

Without ANSWER it prints the page's address.`,
	run: runCaptcha,
}

// keptCaptcha names, in the client's store, the last puzzle that only a person can answer: JSON of
// a wire.Puzzle, empty where there is none.
const keptCaptcha = "captcha"

// captchaOf returns the puzzle that err asks a person to answer, or nil.
func captchaOf(err error) *wire.Puzzle {
	w, ok := errors.AsType[*wire.Error](err)
	if !ok || w.Code != wire.CodeChallenge || w.Puzzle == nil || w.Puzzle.Captcha == "" {
		return nil
	}
	return w.Puzzle
}

// captchaPage returns the page of a puzzle, as it may be shown, or nothing.
func captchaPage(p *wire.Puzzle) string {
	if p == nil {
		return ""
	}
	return chat.CaptchaPage(p.Captcha)
}

func captchaSentence(page string, queued bool) string {
	if queued {
		return "the platform asks if you are a person. Open " + page + " in a browser, and run parley captcha with the answer that it shows, or wait a while"
	}
	return "the platform asks if you are a person: open " + page + " in a browser, run parley captcha with the answer that it shows, then this again; or wait a while"
}

// keepCaptcha keeps what err asks a person to answer, for the command that does. What can't be kept is asked again.
func (p *program) keepCaptcha(ctx context.Context, c *client.Client, err error) {
	asked := captchaOf(err)
	if asked == nil {
		return
	}
	if data, err := json.Marshal(asked); err == nil {
		_ = c.Keep(context.WithoutCancel(ctx), keptCaptcha, data)
	}
}

// errNothingAsked is returned where there is nothing to answer.
var errNothingAsked = errors.New("the platform asks nothing (nothing_asked)")

func runCaptcha(ctx context.Context, p *program, args []string) error {
	rest, err := parse(newFlags("captcha"), args)
	if err != nil {
		return err
	}
	if len(rest) > 1 || len(rest) == 1 && (rest[0] == "" || len(rest[0]) > wire.MaxCaptcha) {
		return usagef("captcha takes one answer, of at most %d bytes", wire.MaxCaptcha)
	}
	return p.withClient(ctx, func(c *client.Client) error {
		kept, err := c.Kept(ctx, keptCaptcha)
		if err != nil {
			return err
		}
		asked := new(wire.Puzzle)
		if len(kept) == 0 || json.Unmarshal(kept, asked) != nil {
			return errNothingAsked
		}
		page := captchaPage(asked)
		switch {
		case page == "":
			return errNothingAsked
		case len(rest) == 0:
			_, err := fmt.Fprintln(p.stdout, page)
			return err
		}
		if err := c.AnswerPuzzle(ctx, asked, rest[0]); err != nil {
			return err
		}
		if err := c.Keep(ctx, keptCaptcha, nil); err != nil {
			return err
		}
		return c.Sync(ctx)
	})
}
