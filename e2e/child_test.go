package e2e

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parley/client"
	"parley/client/nettransport"
	"parley/client/sqlitestore"
	"parley/identity"
	"parley/mls/public"
)

// A child is this test's program again, as a client of its own that is killed at
// will: the real client and its store, and the seal key handed over, since deriving
// it from a passphrase would cost more than all the rest.
const (
	childVariable = "PARLEY_E2E_CHILD" // what it does: send or read
	childHome     = "PARLEY_E2E_HOME"
	childSeal     = "PARLEY_E2E_SEAL" // of a person who lives as long as the test
	childTo       = "PARLEY_E2E_TO"
	childPrefix   = "PARLEY_E2E_PREFIX"
)

// Marks at the beginning of what a sender prints.
const (
	markTried = "> " // about to be sent
	markKept  = "+ " // sent, or kept in the outbox
)

// startChild starts one that prints to a file.
func (s *site) startChild(does string, a *account, prefix, out string) *exec.Cmd {
	s.t.Helper()
	f, err := os.Create(out)
	if err != nil {
		s.t.Fatal(err)
	}
	defer f.Close()
	self, err := os.Executable()
	if err != nil {
		s.t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = []string{
		"HOME=" + s.dir, childVariable + "=" + does, childHome + "=" + s.home(a.name), childSeal + "=" + s.seal(a.name),
		childTo + "=" + a.to, childPrefix + "=" + prefix,
	}
	cmd.Stdout, cmd.Stderr = f, os.Stderr
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	return cmd
}

// seal derives somebody's seal key, once.
func (s *site) seal(who string) string {
	s.t.Helper()
	if s.seals == nil {
		s.seals = map[string]string{}
	}
	if s.seals[who] == "" {
		_, key := client.DeriveKeys(passphrase(who), s.account(who))
		s.seals[who] = hex.EncodeToString(key.Bytes())
	}
	return s.seals[who]
}

// account returns the account that somebody's home is logged in to.
func (s *site) account(who string) identity.Account {
	s.t.Helper()
	store, err := sqlitestore.Open(filepath.Join(s.home(who), "parley.db"))
	if err != nil {
		s.t.Fatal(err)
	}
	defer store.Close()
	h, err := client.ReadHome(s.t.Context(), store)
	if err != nil {
		s.t.Fatal(err)
	}
	return identity.Account(h.Account)
}

// child is the whole life of one, until it is interrupted or killed.
func child() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	c, err := childClient(ctx)
	if err == nil {
		if os.Getenv(childVariable) == "send" {
			err = childSends(ctx, c)
		} else {
			err = childReads(ctx, c)
		}
		c.Close()
	}
	if err != nil && ctx.Err() == nil {
		fmt.Fprintln(os.Stderr, "child:", err)
		return 1
	}
	return 0
}

func childClient(ctx context.Context) (*client.Client, error) {
	raw, err := hex.DecodeString(os.Getenv(childSeal))
	if err != nil {
		return nil, err
	}
	seal, err := client.NewSealKey(raw)
	if err != nil {
		return nil, err
	}
	store, err := sqlitestore.Open(filepath.Join(os.Getenv(childHome), "parley.db"))
	if err != nil {
		return nil, err
	}
	h, err := client.ReadHome(ctx, store)
	if err != nil {
		return nil, err
	}
	transport, err := nettransport.New(h.Server, nettransport.Options{})
	if err != nil {
		return nil, err
	}
	return client.Open(ctx, client.Config{Store: store, Transport: transport, Suites: testSuites}, seal)
}

var testSuites = []*public.Suite{public.XWing(public.SuiteXWing), public.ChaCha20(), public.X25519()}

// childSends sends one message after the other. What fails stays in the outbox.
func childSends(ctx context.Context, c *client.Client) error {
	for n := 0; ctx.Err() == nil; n++ {
		text := fmt.Sprintf("%s.%d", os.Getenv(childPrefix), n)
		fmt.Println(markTried + text)
		if id, _ := c.SendTo(ctx, []string{os.Getenv(childTo)}, text); !id.IsZero() {
			fmt.Println(markKept + text)
		}
		select {
		case <-ctx.Done():
		case <-time.After(time.Duration(10+rand.IntN(60)) * time.Millisecond):
		}
	}
	return nil
}

// childReads prints what comes, as parley read --json --follow does.
func childReads(ctx context.Context, c *client.Client) error {
	changed, ended := make(chan struct{}, 1), make(chan error, 1)
	go func() {
		ended <- c.Run(ctx, func() {
			select {
			case changed <- struct{}{}:
			default:
			}
		})
	}()
	for {
		if err := childPrints(ctx, c); err != nil {
			return err
		}
		select {
		case <-changed:
		case err := <-ended:
			return err
		}
	}
}

func childPrints(ctx context.Context, c *client.Client) error {
	for {
		messages, upTo, err := c.NewMessages(ctx, 20)
		if err != nil || len(messages) == 0 {
			return err
		}
		var b bytes.Buffer
		for _, m := range messages {
			json.NewEncoder(&b).Encode(line{ID: m.ID.String(), Kind: string(m.Kind), Text: m.Text, Seq: m.Seq})
		}
		if _, err := os.Stdout.Write(b.Bytes()); err != nil {
			return err
		}
		if err := c.MarkPrinted(context.WithoutCancel(ctx), upTo); err != nil {
			return err
		}
	}
}

// sent takes what a sender printed.
func (a *account) sent(t *testing.T, out string) {
	for l := range strings.Lines(out) {
		if !strings.HasSuffix(l, "\n") {
			break // cut off by a crash
		}
		text := l[len(markTried) : len(l)-1]
		switch {
		case strings.HasPrefix(l, markTried):
			a.tried = append(a.tried, text)
		case strings.HasPrefix(l, markKept):
			a.kept[text] = true
		default:
			t.Errorf("a sender printed %q", l)
		}
	}
}
