package mlstest

import (
	"fmt"
	"testing"
	"time"

	"parley/mls"
	"parley/mls/public"
)

// Client is a member of groups with its keys, and the records of one group as
// its store would hold them.
type Client struct {
	Config   *mls.Config
	Suite    *public.Suite
	Identity []byte
	Signer   public.SignaturePrivateKey
	Group    *mls.Group // nil until it has one
	Records  Records
}

// Records is a store in memory.
type Records map[string][]byte

// Get returns a record, nil if there is none.
func (r Records) Get(key string) ([]byte, error) { return r[key], nil }

// Write applies changes.
func (r Records) Write(changes mls.Changes) {
	for _, c := range changes {
		if c.Value == nil {
			delete(r, c.Key)
			continue
		}
		r[c.Key] = append([]byte(nil), c.Value...)
	}
}

// NewClient returns a client with a fresh signature key.
func NewClient(t testing.TB, s *public.Suite, name string) *Client {
	t.Helper()
	signer, _, err := s.GenerateSignatureKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &Client{
		Config: &mls.Config{Suites: Suites(), Now: time.Now}, Suite: s,
		Identity: []byte(name), Signer: signer, Records: Records{},
	}
}

// KeyPackage returns a fresh key package of c and its secrets.
func (c *Client) KeyPackage(t testing.TB) ([]byte, *mls.KeyPackageSecrets) {
	t.Helper()
	k, secrets, err := mls.NewKeyPackage(c.Config, c.Suite, c.Identity, c.Signer, mls.KeyPackageOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return k, secrets
}

// Create makes a group with c alone.
func (c *Client) Create(t testing.TB, groupID string) {
	t.Helper()
	g, changes, err := mls.Create(c.Config, c.Suite, []byte(groupID), c.Identity, c.Signer, mls.CreateOptions{})
	c.enter(t, g, changes, err)
}

// Join joins by a Welcome.
func (c *Client) Join(t testing.TB, welcome []byte, secrets *mls.KeyPackageSecrets) {
	t.Helper()
	g, changes, err := mls.JoinWelcome(c.Config, welcome, []*mls.KeyPackageSecrets{secrets}, c.Signer)
	c.enter(t, g, changes, err)
}

func (c *Client) enter(t testing.TB, g *mls.Group, changes mls.Changes, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%s: %v", c.Identity, err)
	}
	c.Group, c.Records = g, Records{}
	c.Records.Write(changes)
}

// Reload throws the group away and loads it from its records.
func (c *Client) Reload(t testing.TB) {
	t.Helper()
	g, err := mls.Load(c.Config, c.Records, c.Signer)
	if err != nil {
		t.Fatalf("%s: %v", c.Identity, err)
	}
	c.Group = g
}

// Commit makes a commit and merges it at once.
func (c *Client) Commit(t testing.TB, opts mls.CommitOptions) *mls.StagedCommit {
	t.Helper()
	staged, changes, err := c.Group.Commit(opts)
	if err != nil {
		t.Fatalf("%s: %v", c.Identity, err)
	}
	c.Records.Write(changes)
	c.Merge(t, staged)
	return staged
}

// Merge merges a staged commit.
func (c *Client) Merge(t testing.TB, staged *mls.StagedCommit) {
	t.Helper()
	changes, err := c.Group.Merge(staged)
	if err != nil {
		t.Fatalf("%s: %v", c.Identity, err)
	}
	c.Records.Write(changes)
}

// Follow stages and merges a commit message.
func (c *Client) Follow(t testing.TB, commit []byte) *mls.StagedCommit {
	t.Helper()
	staged, err := c.Group.Stage(commit)
	if err != nil {
		t.Fatalf("%s: %v", c.Identity, err)
	}
	c.Merge(t, staged)
	return staged
}

// Send encrypts data.
func (c *Client) Send(t testing.TB, data string) []byte {
	t.Helper()
	message, changes, err := c.Group.Encrypt(nil, []byte(data))
	if err != nil {
		t.Fatalf("%s: %v", c.Identity, err)
	}
	c.Records.Write(changes)
	return message
}

// Receive decrypts a message and returns its data.
func (c *Client) Receive(t testing.TB, message []byte) string {
	t.Helper()
	m, changes, err := c.Group.Decrypt(message)
	if err != nil {
		t.Fatalf("%s: %v", c.Identity, err)
	}
	c.Records.Write(changes)
	return string(m.Data)
}

// batch is how many members one commit adds.
const batch = 250

// NewGroup returns n clients in one group of suite s, of which the first created
// it and added the others in as few commits as it takes. Only the first active
// (at least one) have joined; the others are leaves without a client, nil in the
// result, which makes large groups cheap.
func NewGroup(t testing.TB, s *public.Suite, n, active int) []*Client {
	t.Helper()
	return newGroup(t, s, n, func(i int) bool { return i < active })
}

// NewSettledGroup is [NewGroup] for a group that has lived for a while: its
// active members are those at leaves 0, 1, 2, 4, 8 and so on, and each of them
// has committed an Update, so that an Update of the first is encrypted to as few
// nodes as the tree allows.
func NewSettledGroup(t testing.TB, s *public.Suite, n int) []*Client {
	t.Helper()
	clients := newGroup(t, s, n, func(i int) bool { return i&(i-1) == 0 })
	for i := 1; i < n; i *= 2 {
		message := clients[i].Commit(t, mls.CommitOptions{Update: true}).CommitMessage()
		for k, c := range clients {
			if c != nil && k != i {
				c.Follow(t, message)
			}
		}
	}
	return clients
}

func newGroup(t testing.TB, s *public.Suite, n int, active func(int) bool) []*Client {
	t.Helper()
	clients := make([]*Client, n)
	clients[0] = NewClient(t, s, "member-0")
	clients[0].Create(t, "group")
	for from := 1; from < n; from += batch {
		addBatch(t, clients, from, min(from+batch, n), active)
	}
	return clients
}

// addBatch adds the members from up to to, and lets the active ones join.
func addBatch(t testing.TB, clients []*Client, from, to int, active func(int) bool) {
	t.Helper()
	var opts mls.CommitOptions
	var secrets []*mls.KeyPackageSecrets
	for i := from; i < to; i++ {
		c := NewClient(t, clients[0].Suite, fmt.Sprintf("member-%d", i))
		k, s := c.KeyPackage(t)
		opts.Add = append(opts.Add, k)
		secrets = append(secrets, s)
		if active(i) {
			clients[i] = c
		}
	}
	staged := clients[0].Commit(t, opts)
	for i := 1; i < from; i++ {
		if clients[i] != nil {
			clients[i].Follow(t, staged.CommitMessage())
		}
	}
	for i := from; i < to; i++ {
		if clients[i] != nil {
			clients[i].Join(t, staged.Welcome(), secrets[i-from])
		}
	}
}
