package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"parley/server"
	"parley/server/captcha"
	"parley/server/policy"
)

// policyConfig says who may reach whom.
type policyConfig struct {
	name string // default, open, or a file

	captchaPage, captchaVerify, captchaSecret string // the last is a file

	people server.Platform // who people are to each other, where a program brings it
}

var policySettings = []setting{
	{section: "Strangers", key: "policy", def: "default", help: "default (strangers knock; people under 18 are apart), open (everybody but minors may write to everybody) or a file with rules: see docs/policy.md; SIGHUP has it read again", set: text(func(c *serveConfig) *string { return &c.policy.name })},
	{key: "captcha_page", none: "none", help: "https:// address of the platform's captcha, for who does a lot after many puzzles: the page shows it in a frame, see docs/policy.md", set: setCaptchaPage},
	{key: "captcha_verify", none: "none", help: "https:// address that says whether an answer is right (siteverify)", set: text(func(c *serveConfig) *string { return &c.policy.captchaVerify })},
	{key: "captcha_secret_file", none: "none", help: "file that holds the secret for it", set: text(func(c *serveConfig) *string { return &c.policy.captchaSecret })},
}

// setCaptchaPage takes an address that a Content-Security-Policy can name.
func setCaptchaPage(c *serveConfig, v string) error {
	u, err := parsePlace(v)
	if err == nil && (!strings.HasPrefix(u.Path, "/") || strings.ContainsAny(v, ";, '\"")) {
		err = fmt.Errorf("%q: want https://HOST/PATH", v)
	}
	c.policy.captchaPage = v
	return err
}

// maxPolicyFile bounds what is read of a policy's file: one byte more than a policy
// may have.
const maxPolicyFile = 256<<10 + 1

// readPolicy returns the text of a policy: one that comes with the program, or a
// file's.
func readPolicy(name string) ([]byte, error) {
	if data, ok := policy.Shipped(name); ok {
		return data, nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxPolicyFile))
}

func loadPolicy(name string) (*policy.Policy, error) {
	data, err := readPolicy(name)
	if err != nil {
		return nil, err
	}
	return policy.Load(name, data)
}

// openPolicy returns what the server begins with.
func (s *running) openPolicy() (server.Policy, server.Captcha, error) {
	p, err := loadPolicy(s.cfg.policy.name)
	if err != nil {
		return nil, nil, fmt.Errorf("policy: %s (bad_policy)", oneLine(err.Error()))
	}
	c := s.cfg.policy
	if c.captchaPage == "" && c.captchaVerify == "" {
		return p, nil, nil
	}
	secret, err := os.ReadFile(c.captchaSecret)
	if err != nil {
		return nil, nil, fmt.Errorf("captcha_secret_file: %w", err)
	}
	service, err := captcha.New(c.captchaPage, c.captchaVerify, strings.TrimSpace(string(secret)))
	if err != nil {
		return nil, nil, fmt.Errorf("captcha_page, captcha_verify: %w", err)
	}
	return p, service, nil
}

// reloadPolicy puts the policy into force that is there now. One that can't be
// changes nothing.
func (s *running) reloadPolicy() error {
	p, err := loadPolicy(s.cfg.policy.name)
	if err != nil {
		s.log.Error("the policy can't be loaded: the one before stays in force", "error", err)
		return err
	}
	s.server.SetPolicy(p)
	s.log.Info("a policy was loaded")
	return nil
}

// reloadOnHangup has SIGHUP load the policy until the server is closed.
func (s *running) reloadOnHangup() {
	ctx, cancel := context.WithCancel(context.Background())
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	s.onClose(func() error { cancel(); signal.Stop(hangup); return nil })
	go func() {
		for {
			select {
			case <-ctx.Done():
				return
			case <-hangup:
				_ = s.reloadPolicy() // the log says so
			}
		}
	}()
}

// serveReload answers parley policy reload.
func (s *running) serveReload(w http.ResponseWriter, _ *http.Request) {
	if err := s.reloadPolicy(); err != nil {
		w.WriteHeader(http.StatusUnprocessableEntity)
		_, _ = io.WriteString(w, err.Error())
	}
}

// errKept says that a server goes on with the policy that it had.
var errKept = errors.New("the server goes on with the policy that it had (bad_policy)")
