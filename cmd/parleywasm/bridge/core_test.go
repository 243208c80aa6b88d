package bridge

import (
	"context"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/client"
	"parley/client/memstore"
	"parley/client/nettransport"
	"parley/identity"
	"parley/mls/public"
	"parley/server"
	"parley/server/blob"
	"parley/server/clientapi"
	servermem "parley/server/memstore"
)

// suites are what the server and the cores of these tests speak.
func suites() []*public.Suite {
	return []*public.Suite{public.XWing(public.SuiteXWing), public.ChaCha20(), public.X25519()}
}

// newServer starts a server in this process and returns its URL.
func newServer(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	url := "http://" + l.Addr().String()
	dir := t.TempDir()
	objects, err := blob.OpenDisk(filepath.Join(dir, "objects"))
	if err != nil {
		t.Fatal(err)
	}
	blobs, err := blob.Open(blob.Options{Uploads: filepath.Join(dir, "uploads"), Objects: objects})
	if err != nil {
		t.Fatal(err)
	}
	srv, err := server.New(t.Context(), server.Config{
		Store: servermem.New(), Domain: "example.com", Origins: []string{url}, SignUpOpen: true, Now: time.Now, Suites: suites(),
		Blobs: server.BlobConfig{Store: blobs, Forward: 1},
	})
	if err != nil {
		t.Fatal(err)
	}
	api := clientapi.New(srv, clientapi.Options{})
	h := &http.Server{Handler: api}
	go h.Serve(l)
	t.Cleanup(func() {
		h.Close()
		api.Close()
	})
	return url
}

// A page is a core with what it told.
type page struct {
	*Core
	t     *testing.T
	store *memstore.Store // of the device
	shut  *shut           // its way to the server

	mu   sync.Mutex // guards what follows
	told []told
}

type told struct {
	event string
	data  string
}

// newPage opens a core on a store of its own.
func newPage(t *testing.T, url string) *page {
	t.Helper()
	p := &page{t: t, store: memstore.New()}
	p.start(url)
	return p
}

// start opens a core on the page's store.
func (p *page) start(url string) {
	p.t.Helper()
	transport, err := nettransport.New(url, nettransport.Options{})
	if err != nil {
		p.t.Fatal(err)
	}
	p.shut = &shut{Transport: transport}
	c, err := New(p.t.Context(), Config{
		Open:      func(context.Context) (client.Store, error) { p.store = p.store.Again(); return p.store, nil },
		Erase:     func(context.Context) error { p.store = memstore.New(); return nil },
		Transport: p.shut, Suites: suites(),
		Tell: func(event string, data []byte) {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.told = append(p.told, told{event, string(data)})
		},
		Login: func(passphrase string, _ identity.Account) []byte {
			login := make([]byte, 32)
			copy(login, passphrase)
			return login
		},
	})
	if err != nil {
		p.t.Fatal(err)
	}
	p.Core = c
	p.t.Cleanup(func() {
		c.Close()
		transport.Close()
	})
}

// ask calls a method as a page does, and fails the test if it is refused.
func ask[R any](p *page, method string, params any) R {
	p.t.Helper()
	r, err := try[R](p, method, params)
	if err != nil {
		p.t.Fatalf("%s: %s: %s", method, err.Code, err.Message)
	}
	return r
}

// try calls a method as a page does.
func try[R any](p *page, method string, params any) (r R, refused *Error) {
	p.t.Helper()
	body, err := encode(params)
	if err != nil {
		p.t.Fatal(err)
	}
	answer, refused := p.Call(p.t.Context(), method, body)
	if refused != nil {
		return r, refused
	}
	if err := decode(answer, &r); err != nil {
		p.t.Fatalf("%s: %v in %x", method, err, answer)
	}
	return r, nil
}

// until waits until ok, which is tried again and again.
func (p *page) until(what string, ok func() bool) {
	p.t.Helper()
	for range 3000 {
		if ok() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	p.t.Fatalf("never: %s", what)
}

// wasTold reports whether an event was told, with data that holds part.
func (p *page) wasTold(event string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.ContainsFunc(p.told, func(e told) bool { return e.event == event })
}

// signUp makes an account.
func (p *page) signUp(name string) *page {
	p.t.Helper()
	b := ask[Boot](p, "signUp", SignUp{Name: name, Passphrase: name + "'s words", DeviceName: "test"})
	if b.Phase != PhaseReady || b.Name != name || b.Account != "mimi://example.com/u/"+name {
		p.t.Fatalf("signUp = %+v", b)
	}
	return p
}

func TestSignUp(t *testing.T) {
	url := newServer(t)
	p := newPage(t, url)
	if b := ask[Boot](p, "boot", Nothing{}); b.Phase != PhaseNone || b.Account != "" {
		t.Errorf("before: %+v", b)
	}
	p.signUp("ada")
	p.until("the server is known", func() bool { return ask[Boot](p, "boot", Nothing{}).Server != nil })
	b := ask[Boot](p, "boot", Nothing{})
	if b.Server.Domain != "example.com" || b.Server.MaxMembers != 32 || b.Online.State != "online" {
		t.Errorf("boot = %+v, %+v", b, b.Server)
	}
	if _, err := try[Boot](p, "signUp", SignUp{Name: "bob", Passphrase: "x"}); err == nil || err.Code != "signed_in" {
		t.Errorf("a second person: %v; want signed_in", err)
	}
	q := newPage(t, url)
	if _, err := try[Boot](q, "signUp", SignUp{Name: "ada", Passphrase: "x"}); err == nil || err.Code != "name_taken" {
		t.Errorf("a taken name: %v; want name_taken", err)
	}
	if _, err := try[Boot](q, "signUp", SignUp{Name: "Ada!", Passphrase: "x"}); err == nil || err.Code != "bad_name" {
		t.Errorf("a bad name: %v; want bad_name", err)
	}
	q.signUp("bob") // the refusals left nothing behind
}

func TestRestart(t *testing.T) {
	url := newServer(t)
	p := newPage(t, url).signUp("ada")
	device := ask[Boot](p, "boot", Nothing{}).Device
	p.Core.Close()
	p.start(url)
	if b := ask[Boot](p, "boot", Nothing{}); b.Phase != PhaseReady || b.Device != device {
		t.Errorf("after a restart: %+v; want device %s", b, device)
	}
}

// A second device waits, is approved, and is told so; then it is taken off.
func TestSecondDevice(t *testing.T) {
	url := newServer(t)
	p, q := newPage(t, url).signUp("ada"), newPage(t, url)
	if _, err := try[Boot](q, "signIn", SignIn{Name: "ada", Passphrase: "wrong"}); err == nil || err.Code != "wrong_passphrase" {
		t.Errorf("wrong passphrase: %v", err)
	}
	b := ask[Boot](q, "signIn", SignIn{Name: "ada", Passphrase: "ada's words", DeviceName: "second"})
	if b.Phase != PhaseWaiting || b.Code == "" {
		t.Fatalf("signIn = %+v; want a code", b)
	}
	q.Core.Close() // a reload while it waits
	q.start(url)
	if again := ask[Boot](q, "boot", Nothing{}); again.Phase != PhaseWaiting || again.Code != b.Code {
		t.Fatalf("after a restart: %+v", again)
	}
	if err := p.approve(b.Code); err != nil {
		t.Fatal(err)
	}
	q.until("approved", func() bool { return ask[Boot](q, "boot", Nothing{}).Phase == PhaseReady })
	q.until("told", func() bool { return q.wasTold("boot") })
	ada, err := p.client()
	if err != nil {
		t.Fatal(err)
	}
	if err := ada.RemoveDevice(t.Context(), ask[Boot](q, "boot", Nothing{}).Device); err != nil {
		t.Fatal(err)
	}
	q.until("removed", func() bool { return ask[Boot](q, "boot", Nothing{}).Phase == PhaseRemoved })
	if b := ask[Boot](q, "signOut", Nothing{}); b.Phase != PhaseNone {
		t.Errorf("signOut = %+v", b)
	}
}

func (p *page) approve(code string) error {
	cl, err := p.client()
	if err != nil {
		return err
	}
	return cl.Approve(p.t.Context(), code)
}

// Signing out takes the device off the list and erases what it kept.
func TestSignOut(t *testing.T) {
	url := newServer(t)
	p := newPage(t, url).signUp("ada")
	q := newPage(t, url)
	b := ask[Boot](q, "signIn", SignIn{Name: "ada", Passphrase: "ada's words", DeviceName: "second"})
	if err := p.approve(b.Code); err != nil {
		t.Fatal(err)
	}
	q.until("approved", func() bool { return ask[Boot](q, "boot", Nothing{}).Phase == PhaseReady })
	if b := ask[Boot](q, "signOut", Nothing{}); b.Phase != PhaseNone || b.Account != "" {
		t.Errorf("signOut = %+v", b)
	}
	if _, err := client.ReadHome(t.Context(), q.store); err == nil {
		t.Error("the store still has who was signed in")
	}
	ada, err := p.client()
	if err != nil {
		t.Fatal(err)
	}
	if devices, err := ada.Devices(t.Context()); err != nil || len(devices) != 1 {
		t.Errorf("devices after = %v, %v; want one", devices, err)
	}
	q.signUp("bob")
}

// An account that is erased is gone at the server and here; without a proof nothing is.
func TestEraseAccount(t *testing.T) {
	p := newPage(t, newServer(t)).signUp("ada")
	lines := ask[Export](p, "exportAccount", Nothing{}).Lines
	if !strings.Contains(lines, `"kind":"account"`) || !strings.Contains(lines, "/u/ada") {
		t.Errorf("the export is %.300q", lines)
	}
	if _, err := try[Boot](p, "eraseAccount", EraseAccount{Passphrase: "other words"}); err == nil || err.Code != "wrong_passphrase" {
		t.Errorf("erased by other words: %v; want wrong_passphrase", err)
	}
	if b := ask[Boot](p, "boot", Nothing{}); b.Phase != PhaseReady {
		t.Errorf("after a refusal: %+v", b)
	}
	if b := ask[Boot](p, "eraseAccount", EraseAccount{Passphrase: "ada's words"}); b.Phase != PhaseNone || b.Account != "" {
		t.Errorf("erased: %+v", b)
	}
	if _, err := client.ReadHome(t.Context(), p.store); err == nil {
		t.Error("the store still has who was here")
	}
	if _, err := try[Boot](p, "signIn", SignIn{Name: "ada", Passphrase: "ada's words", DeviceName: "new"}); err == nil || err.Code != "wrong_passphrase" {
		t.Errorf("signing in to what is erased: %v; want wrong_passphrase", err)
	}
}

// A reset makes this device the only one.
func TestReset(t *testing.T) {
	url := newServer(t)
	p, q := newPage(t, url).signUp("ada"), newPage(t, url)
	b := ask[Boot](q, "signIn", SignIn{Name: "ada", Passphrase: "ada's words", DeviceName: "new", Reset: true})
	if b.Phase != PhaseReady {
		t.Errorf("reset = %+v; want ready", b)
	}
	_ = p
}

// What changes is told: to the sender's pages and to the receiver's.
func TestTold(t *testing.T) {
	url := newServer(t)
	p, q := newPage(t, url).signUp("ada"), newPage(t, url).signUp("bob")
	ada, err := p.client()
	if err != nil {
		t.Fatal(err)
	}
	p.until("bob's key packages are there", func() bool {
		_, err := ada.SendTo(t.Context(), []string{"bob"}, "hello")
		return err == nil
	})
	for name, each := range map[string]*page{"ada": p, "bob": q} {
		each.until(name+" is told of the room", func() bool { return each.wasTold("room") && each.wasTold("rooms") })
	}
	bob, err := q.client()
	if err != nil {
		t.Fatal(err)
	}
	rooms, err := bob.Rooms(t.Context())
	if err != nil || len(rooms) != 1 || rooms[0].Last == nil || rooms[0].Last.Text != "hello" {
		t.Errorf("bob has %v, %v", rooms, err)
	}
	if s := ask[Storage](q, "storage", Nothing{}); s.Messages == 0 {
		t.Errorf("storage = %+v; want messages", s)
	}
}

func TestCallRefuses(t *testing.T) {
	p := newPage(t, newServer(t))
	for _, test := range []struct{ method, params string }{
		{"nothing", "\xa0"}, {"signUp", "\xa1"}, {"signUp", "\xa1\x64name\x07"}, {"signUp", ""}, {"signUp", "\x80"}, {"signUp", "\xa0\xa0"},
	} {
		if _, err := p.Call(t.Context(), test.method, []byte(test.params)); err == nil || err.Code != "bad_params" {
			t.Errorf("%s %q: %v; want bad_params", test.method, test.params, err)
		}
	}
}

func TestEncode(t *testing.T) {
	got, err := encode(Page{Messages: []Message{{Reactions: []Reaction{{}}}}})
	if err != nil {
		t.Fatal(err)
	}
	var back map[string]any
	if err := decode(got, &back); err != nil {
		t.Fatal(err)
	}
	m := back["messages"].([]any)[0].(map[any]any)
	if m["mentions"] == nil || m["reactions"].([]any)[0].(map[any]any)["from"] == nil {
		t.Errorf("a nil slice became null: %x", got)
	}
}
