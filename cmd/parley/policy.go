package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"parley/server/policy"
)

var policyCommand = command{
	name: "policy", usage: "policy check FILE | test FILE [--json] | show default|open | variables | reload [--data DIR] [--config FILE]",
	summary: "Check and try the rules for who may reach whom, and put them into force.",
	more: `
check compiles a file's rules and runs its cases, and prints all that is wrong, one
line each: file, line, what. test runs the cases and prints what each came out as; it
exits with 1 if one didn't come out as it should. FILE may be default or open, the
policies that come with the program: show prints them, to begin with. variables lists
what a condition can ask. None of these needs a server.

reload has the server that runs on this data directory read its policy again. If it
can't be loaded, the server goes on with the one that it had.`,
	run: runPolicy,
}

func runPolicy(ctx context.Context, p *program, args []string) error {
	if len(args) == 0 {
		return usagef("policy needs check, test, show, variables or reload")
	}
	word, args := args[0], args[1:]
	if word == "reload" {
		return p.askReload(ctx, args)
	}
	fs := newFlags("policy " + word)
	asJSON := fs.Bool("json", false, "")
	rest, err := parse(fs, args)
	if err != nil {
		return err
	}
	switch {
	case word == "variables" && len(rest) == 0:
		return p.policyVariables()
	case word == "check" && len(rest) == 1:
		return p.checkPolicy(rest[0])
	case word == "test" && len(rest) == 1:
		return p.testPolicy(rest[0], *asJSON)
	case word == "show" && len(rest) == 1:
		data, ok := policy.Shipped(rest[0])
		if !ok {
			return usagef("the policies that come with the program are default and open")
		}
		_, err := p.stdout.Write(data)
		return err
	case word == "-h" || word == "-help" || word == "--help":
		return errHelp
	}
	return usagef("policy takes check FILE, test FILE, show NAME, variables or reload")
}

func (p *program) policyVariables() error {
	for _, v := range policy.Variables {
		if _, err := fmt.Fprintf(p.stdout, "%s\t%s\t%s\n", v.Name, v.Type, v.Help); err != nil {
			return err
		}
	}
	return nil
}

// printWrong prints what is wrong with a policy.
func (p *program) printWrong(err error) error {
	wrong, ok := errors.AsType[policy.Errors](err)
	if !ok {
		return err
	}
	for _, w := range wrong {
		if _, err := fmt.Fprintln(p.stdout, oneLine(w.Error())); err != nil {
			return err
		}
	}
	return fmt.Errorf("%d things are wrong with the policy (bad_policy)", len(wrong))
}

func (p *program) checkPolicy(name string) error {
	if _, err := loadPolicy(name); err != nil {
		return p.printWrong(err)
	}
	_, err := fmt.Fprintln(p.stdout, "the policy is right")
	return err
}

// A policyLine is a case as policy test --json prints it.
type policyLine struct {
	Case string `json:"case"`
	Line int    `json:"line"`
	OK   bool   `json:"ok"`
	Got  string `json:"got"`
	Want string `json:"want"`
}

func (p *program) testPolicy(name string, asJSON bool) error {
	data, err := readPolicy(name)
	if err != nil {
		return err
	}
	rules, err := policy.Parse(name, data)
	if err != nil {
		return p.printWrong(err)
	}
	failed, all := 0, rules.Test()
	for _, r := range all {
		state := "ok"
		if !r.OK() {
			state = "FAILED, want " + r.Want
			failed++
		}
		if asJSON {
			err = printJSON(p.stdout, policyLine{r.Name, r.Line, r.OK(), r.Got, r.Want})
		} else {
			_, err = fmt.Fprintf(p.stdout, "%d\t%s\t%s\t%s\n", r.Line, oneLine(r.Name), r.Got, state)
		}
		if err != nil {
			return err
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d cases didn't come out as they should (failed_cases)", failed, len(all))
	}
	return nil
}

// askReload asks a running server.
func (p *program) askReload(ctx context.Context, args []string) error {
	cfg, rest, _, err := p.operatorFlags("policy reload", args)
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return usagef("policy reload takes no arguments")
	}
	client, _, err := controlClient(ctx, cfg.data)
	if errors.Is(err, errNotRunning) {
		return errors.New("no server runs on this data directory: send SIGHUP to where it runs (not_running)")
	}
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://parley/policy/reload", nil)
	if err != nil {
		return err
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusOK {
		_, err = fmt.Fprintln(p.stdout, "the policy is in force")
		return err
	}
	wrong, err := io.ReadAll(io.LimitReader(resp.Body, maxPolicyFile))
	if err != nil {
		return err
	}
	fmt.Fprintln(p.stdout, string(wrong))
	return errKept
}
