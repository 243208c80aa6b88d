package bridge

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"parley/client"
	"parley/identity"
	"parley/mls/public"
	"parley/wire"
)

// A Config is what a [Core] is built from.
type Config struct {
	// Open opens the store of this device. It is called at the start, and again
	// after Erase.
	Open func(ctx context.Context) (client.Store, error)
	// Erase deletes the store of this device, which is closed by then, with the key
	// that its values are sealed under.
	Erase func(ctx context.Context) error
	// Used reports the space that is taken. Messages is left for the core.
	Used      func(ctx context.Context) (Storage, error)
	Transport client.Transport
	Suites    []*public.Suite  // best first
	Now       func() time.Time // nil: time.Now
	Asleep    bool             // it doesn't follow the server: only Sync reads
	// Tell passes an event, with its value in CBOR, to every page. It must not block, and is
	// called by one goroutine at a time.
	Tell func(event string, data []byte)
	// Login derives from a passphrase what proves it to the server. nil:
	// client.DeriveKeys, which takes a while and 64 MiB.
	Login func(passphrase string, account identity.Account) []byte
}

// A Core runs one device for all pages of a browser. Its methods are those of
// [Methods], with a context; they may be called at once by several goroutines.
type Core struct {
	cfg    Config
	calls  map[string]call
	news   *news
	closed context.CancelFunc

	listing  listing
	followed followed
	warner   warner

	life sync.Mutex // held while somebody signs in or out

	mu    sync.Mutex // guards what follows
	now   session    // changed only while life is held too
	phase Phase
	info  *wire.Info
	state string // of the connection
}

// A session is somebody who is signed in on this device.
type session struct {
	store  client.Store
	client *client.Client     // nil: nobody is
	stop   context.CancelFunc // ends what runs for it
	done   chan struct{}      // closed when that has ended
}

// New opens the device's store and begins to follow the server, if somebody is
// signed in. It ends with [Core.Close].
func New(ctx context.Context, cfg Config) (*Core, error) {
	if cfg.Login == nil {
		cfg.Login = func(passphrase string, account identity.Account) []byte {
			login, _ := client.DeriveKeys(passphrase, account)
			return login
		}
	}
	c := &Core{cfg: cfg, phase: PhaseNone, state: stateConnecting}
	c.calls = c.allCalls()
	c.cfg.Transport = watched{cfg.Transport, c.connected}
	running, cancel := context.WithCancel(context.WithoutCancel(ctx))
	c.closed = cancel
	c.news = startNews(running, cfg.Tell, func(room string) any { return c.roomNews(running, room) })
	c.life.Lock()
	defer c.life.Unlock()
	if err := c.reopen(ctx); err != nil {
		cancel()
		return nil, err
	}
	if !cfg.Asleep {
		go c.learnInfo(running)
	}
	return c, nil
}

// Close ends the core: what runs first, then the store. Calls under way fail.
func (c *Core) Close() error {
	c.life.Lock()
	defer c.life.Unlock()
	c.end()
	c.closed()
	if c.now.store == nil {
		return nil
	}
	return c.now.store.Close()
}

// Sync reads what there is and sends what waits, for a page-less worker that a
// push woke. It returns when that is done. A core that is asleep tells what there is
// to notify of right after it.
func (c *Core) Sync(ctx context.Context) error {
	cl, err := c.client()
	if err != nil {
		return err
	}
	if err := cl.Sync(ctx); err != nil || !c.cfg.Asleep {
		return err
	}
	c.tellNotices(ctx, cl)
	c.news.flush() // whoever waits for Sync has the notices when it returns
	return nil
}

// Wake has the core try at once to reach the server, if it waits before it tries
// again: the browser says that there is a network, or a person does something.
func (c *Core) Wake() {
	c.mu.Lock()
	cl := c.now.client
	c.mu.Unlock()
	if w, ok := c.cfg.Transport.(watched).Transport.(interface{ Wake() }); ok {
		w.Wake()
	}
	if cl != nil {
		cl.Wake()
	}
}

// client returns who is signed in, or errNobody; also for a device that still
// waits for its approval.
func (c *Core) client() (*client.Client, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.now.client == nil || c.phase == PhaseWaiting {
		return nil, errNobody
	}
	return c.now.client, nil
}

// Phase returns what the page shows first.
func (c *Core) Phase() Phase {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.phase
}

// enter changes the phase, and tells if it is another one.
func (c *Core) enter(p Phase) {
	c.mu.Lock()
	old := c.phase
	c.phase = p
	c.mu.Unlock()
	if old != p {
		c.news.boot(c)
	}
}

// clientConfig returns what the device's client is built from.
func (c *Core) clientConfig(deviceName string) client.Config {
	return client.Config{
		Store: c.now.store, Transport: c.cfg.Transport, Suites: c.cfg.Suites, Now: c.cfg.Now,
		DeviceName: deviceName, Changed: c.touched, Requests: true, Typing: c.news.typing,
	}
}

// touched tells what a write of the client means. It doesn't block.
func (c *Core) touched(t client.Touched) {
	c.news.touched(t)
	if slices.Contains(t.Kinds, "state") { // perhaps by another own device
		c.tellSettings()
	}
	if slices.Contains(t.Kinds, "sticker") {
		c.news.later("stickers", nothing)
	}
}

// reopen opens the store, and the client of whoever is signed in. life is held.
func (c *Core) reopen(ctx context.Context) error {
	store, err := c.cfg.Open(ctx)
	if err != nil {
		return err
	}
	c.mu.Lock()
	c.now = session{store: store}
	c.mu.Unlock()
	seal, err := client.SealedByStore(ctx, store)
	if err != nil {
		return err
	}
	cl, err := client.Open(ctx, c.clientConfig(""), seal)
	switch {
	case errors.Is(err, client.ErrNoHome):
		c.enter(PhaseNone)
		return nil
	case errors.Is(err, client.ErrNotApproved):
		c.begin(cl, PhaseWaiting)
		return nil
	case err != nil:
		return err
	}
	c.begin(cl, PhaseReady)
	return nil
}

// begin runs a client that was opened. life is held.
func (c *Core) begin(cl *client.Client, p Phase) {
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	c.mu.Lock()
	c.now.client, c.now.stop, c.now.done = cl, stop, done
	c.mu.Unlock()
	c.enter(p)
	go func() {
		defer close(done)
		c.follow(ctx, cl, p)
	}()
}

// end stops what runs for who is signed in, and waits for it. life is held.
func (c *Core) end() {
	if c.now.client == nil {
		return
	}
	c.now.stop()
	<-c.now.done
	c.mu.Lock()
	c.now.client = nil
	c.mu.Unlock()
}

// follow waits for the approval of a new device, and then keeps it up to date
// until ctx ends or the device is taken off its account.
func (c *Core) follow(ctx context.Context, cl *client.Client, p Phase) {
	if c.cfg.Asleep {
		return
	}
	if p == PhaseWaiting {
		if err := cl.AwaitApproval(ctx); err != nil {
			if ctx.Err() == nil {
				c.enter(PhaseRemoved) // the request was refused for good
			}
			return
		}
		c.enter(PhaseReady)
	}
	running, stop := context.WithCancel(ctx)
	var notifies sync.WaitGroup
	notifies.Go(func() { c.notify(running, cl) })
	defer notifies.Wait()
	defer stop()
	if err := cl.Run(ctx, nil); ctx.Err() == nil && errors.Is(err, &wire.Error{Code: wire.CodeUnlistedDevice}) {
		c.enter(PhaseRemoved)
	}
}

// learnInfo asks the server what it is, until it says.
func (c *Core) learnInfo(ctx context.Context) {
	for wait := time.Second; ; wait = min(2*wait, time.Minute) {
		info, err := client.Info(ctx, c.cfg.Transport)
		if err == nil {
			c.mu.Lock()
			c.info = info
			c.mu.Unlock()
			c.news.boot(c)
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}

// server returns what the server is, asking if that isn't known yet.
func (c *Core) server(ctx context.Context) (*wire.Info, error) {
	c.mu.Lock()
	info := c.info
	c.mu.Unlock()
	if info != nil {
		return info, nil
	}
	return client.Info(ctx, c.cfg.Transport)
}
