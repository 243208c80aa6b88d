package fault

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"parley/client"
	"parley/client/memstore"
	"parley/client/nettransport"
	"parley/identity"
	"parley/mls/public"
)

// patience bounds every wait. It is not a measure of anything.
const patience = 90 * time.Second

var suites = []*public.Suite{public.X25519()}

// A person is a client that sends and reads.
type person struct {
	t     *testing.T
	proxy *proxy
	*client.Client
	store *memstore.Store

	mu sync.Mutex // guards told
	told
}

// transport returns one through a proxy.
func transport(t *testing.T, p *proxy, o nettransport.Options) *nettransport.Transport {
	t.Helper()
	made, err := nettransport.New(p.url(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { made.Close() })
	return made
}

// join makes name's account and its client, behind a proxy of its own. The client gives
// a call up soon; the account is made with more patience, since that isn't repeated.
func join(t *testing.T, name, domain string, p *proxy) *person {
	t.Helper()
	a, err := identity.NewAccount(domain, name)
	if err != nil {
		t.Fatal(err)
	}
	login := make([]byte, 32) // DeriveKeys is slow on purpose
	copy(login, name)
	seal, err := client.NewSealKey(login)
	if err != nil {
		t.Fatal(err)
	}
	store := memstore.New()
	cfg := client.Config{Store: store, Transport: transport(t, p, nettransport.Options{}), Suites: suites, DeviceName: "test"}
	if _, err := client.SignUp(t.Context(), cfg, seal, a, login); err != nil {
		t.Fatalf("%s signs up: %v", name, err)
	}
	cfg.Transport = transport(t, p, nettransport.Options{Timeout: 3 * time.Second, Ping: time.Second})
	c, err := client.Open(t.Context(), cfg, seal)
	if err != nil {
		t.Fatal(err)
	}
	return &person{t: t, proxy: p, Client: c, store: store, told: newTold(name)}
}

// say sends a text to some others.
func (p *person) say(ctx context.Context, to []string, text string) {
	id, _ := p.SendTo(ctx, to, text)
	if id.IsZero() {
		return
	}
	p.mu.Lock()
	p.kept[text] = true
	p.mu.Unlock()
}

// sends sends to one room or the other, once at least, until ctx ends.
func (p *person) sends(ctx context.Context, rooms [][]string, rng *rand.Rand) {
	for n := 0; n == 0 || ctx.Err() == nil; n++ {
		parent := ctx
		if n == 0 {
			parent = p.t.Context()
		}
		call, cancel := context.WithTimeout(parent, 5*time.Second)
		p.say(call, rooms[rng.IntN(len(rooms))], fmt.Sprintf("%s %d", p.name, n))
		cancel()
		pause(ctx, time.Duration(20+rng.IntN(100))*time.Millisecond)
	}
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// reads reads until ctx ends.
func (p *person) reads(ctx context.Context) {
	changed := make(chan struct{}, 1)
	go p.Run(ctx, func() {
		select {
		case changed <- struct{}{}:
		default:
		}
	})
	for ctx.Err() == nil {
		p.print()
		select {
		case <-changed:
		case <-ctx.Done():
		}
	}
}

// print takes what is new, once.
func (p *person) print() {
	ctx := context.WithoutCancel(p.t.Context())
	for {
		messages, upTo, err := p.NewMessages(ctx, 50)
		if err != nil {
			p.t.Errorf("%s: %v", p.name, err)
		}
		if err != nil || len(messages) == 0 {
			return
		}
		p.mu.Lock()
		for _, m := range messages {
			if m.Kind == client.KindText {
				p.printed[m.Text]++
			}
		}
		p.mu.Unlock()
		if err := p.MarkPrinted(ctx, upTo); err != nil {
			p.t.Errorf("%s: %v", p.name, err)
		}
	}
}

// settle sends what waits and reads what there is.
func (p *person) settle(ctx context.Context) error {
	err := p.Sync(ctx)
	p.print()
	return err
}
