package mls_test

import (
	"bytes"
	"errors"
	"testing"

	"parley/mls"
	"parley/mls/mlstest"
	"parley/mls/public"
)

// testComponent is a component of the test application.
const testComponent public.ComponentID = 0x8a8a

// dictionary returns the dictionary of a list of extensions.
func dictionary(t testing.TB, list public.Extensions) public.AppDataDictionary {
	t.Helper()
	d, err := list.Dictionary()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// dataOf returns what d holds for testComponent.
func dataOf(d public.AppDataDictionary) string {
	data, _ := d.Find(testComponent)
	return string(data)
}

func hasComponentGREASE(d public.AppDataDictionary) bool {
	for i := range d {
		if isGREASE(d[i].ID) && d[i].ID < 0x8000 {
			return true
		}
	}
	return false
}

// componentsOf returns options by which a key package and its leaf have data of
// testComponent.
func componentsOf(data string) mls.KeyPackageOptions {
	list := public.Extensions{public.AppDataDictionary{{ID: testComponent, Data: []byte(data)}}.Extension()}
	return mls.KeyPackageOptions{LeafExtensions: list, Extensions: list, LastResort: true}
}

// TestKeyPackageComponents: the application's data is in a key package and its
// leaf, beside what we say ourselves there (draft-ietf-mls-extensions-10, Section 4.6,
// draft-ietf-mls-extensions-10, Section 5).
func TestKeyPackageComponents(t *testing.T) {
	for _, none := range []bool{false, true} {
		c := mlstest.NewClient(t, public.X25519(), "bob")
		c.Config.NoGREASE = none
		message, _, err := mls.NewKeyPackage(c.Config, c.Suite, c.Identity, c.Signer, componentsOf("x"))
		if err != nil {
			t.Fatal(err)
		}
		k, err := public.ParseKeyPackage(message)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := (&public.Config{Suites: mlstest.Suites()}).ValidateKeyPackage(k); err != nil {
			t.Errorf("the key package is not valid: %v", err)
		}
		if !k.LastResort() {
			t.Error("the key package is not of last resort")
		}
		for where, d := range map[string]public.AppDataDictionary{
			"key package": dictionary(t, k.Extensions), "leaf": dictionary(t, k.LeafNode.Extensions),
		} {
			if dataOf(d) != "x" {
				t.Errorf("%s: the data is not there: %v", where, d)
			}
			// draft-ietf-mls-extensions-10, Section 5.1
			if got := hasComponentGREASE(d); got == none {
				t.Errorf("%s: GREASE is %v, want %v", where, got, !none)
			}
		}
		listed := false
		for _, id := range components(t, &k.LeafNode) {
			listed = listed || id == testComponent
		}
		if !listed {
			t.Error("the leaf does not list its component as supported")
		}
	}
	broken := mls.KeyPackageOptions{Extensions: public.Extensions{{Type: public.AppDataDictionaryExtension, Data: []byte{1}}}}
	c := mlstest.NewClient(t, public.X25519(), "bob")
	if _, _, err := mls.NewKeyPackage(c.Config, c.Suite, c.Identity, c.Signer, broken); !errors.Is(err, public.ErrMalformed) {
		t.Errorf("a malformed dictionary: got %v, want ErrMalformed", err)
	}
}

// TestComponentsStayWithLeaf: the application's data is still in the leaf of one
// who comes back.
func TestComponentsStayWithLeaf(t *testing.T) {
	alice, bob, _ := trio(t)
	extensions := componentsOf("mine").LeafExtensions
	alice.Follow(t, bob.Commit(t, mls.CommitOptions{Leaf: mls.LeafOptions{Extensions: &extensions}}).CommitMessage())
	info, err := alice.Group.GroupInfo()
	if err != nil {
		t.Fatal(err)
	}
	staged, err := bob.Group.Rejoin(info, false, mls.ExternalOptions{})
	if err != nil {
		t.Fatal(err)
	}
	alice.Follow(t, staged.CommitMessage())
	g, changes, err := staged.Join()
	bob = follower(t, bob, g, changes, err)
	agree(t, alice, bob)
	leaf := alice.Group.Leaf(t, bob.Group.OwnIndex())
	if d := dictionary(t, leaf.Extensions); dataOf(d) != "mine" {
		t.Errorf("the leaf holds %v", d)
	}
}

// TestJoinerData: who is added gets data of components with the Welcome; the
// delivery service does not (draft-ietf-mls-extensions-10, Section 4.6).
func TestJoinerData(t *testing.T) {
	alice := mlstest.NewClient(t, public.X25519(), "alice")
	bob := mlstest.NewClient(t, public.X25519(), "bob")
	alice.Create(t, "group")
	k, secrets := bob.KeyPackage(t)
	data := public.AppDataDictionary{{ID: testComponent, Data: []byte("for joiners only")}}
	staged := alice.Commit(t, mls.CommitOptions{Add: [][]byte{k}, JoinerData: data})
	for _, message := range [][]byte{staged.GroupInfo(), staged.CommitMessage(), staged.Welcome()} {
		if bytes.Contains(message, data[0].Data) {
			t.Error("the data is there in clear")
		}
	}
	join := func(check func(*public.GroupInfo) error) (*mls.Group, mls.Changes, error) {
		return mls.JoinWelcomeWith(bob.Config, staged.Welcome(), []*mls.KeyPackageSecrets{secrets}, bob.Signer, mls.JoinOptions{GroupInfo: check})
	}
	refused := errors.New("not this one")
	if _, changes, err := join(func(*public.GroupInfo) error { return refused }); !errors.Is(err, refused) || changes != nil {
		t.Errorf("got %v, want the application's error", err)
	}
	var got public.AppDataDictionary
	g, changes, err := join(func(info *public.GroupInfo) error {
		got = dictionary(t, info.Extensions)
		return nil
	})
	bob = follower(t, bob, g, changes, err)
	if dataOf(got) != "for joiners only" || !hasComponentGREASE(got) {
		t.Errorf("the GroupInfo holds %v", got)
	}
	agree(t, alice, bob)
}

// TestGroupInfoWith: a GroupInfo made for an external joiner carries data too.
func TestGroupInfoWith(t *testing.T) {
	alice, bob, _ := trio(t)
	message, err := alice.Group.GroupInfoWith(public.AppDataDictionary{{ID: testComponent, Data: []byte("x")}})
	if err != nil {
		t.Fatal(err)
	}
	info, err := public.ParseGroupInfo(message)
	if err != nil {
		t.Fatal(err)
	}
	if d := dictionary(t, info.Extensions); dataOf(d) != "x" {
		t.Errorf("the GroupInfo holds %v", d)
	}
	if _, err := bob.Group.Rejoin(message, false, mls.ExternalOptions{}); err != nil {
		t.Error(err)
	}
}

// TestWireFormats: a group can require wire formats, and has only members that
// support them (draft-ietf-mls-extensions-10, Section 5).
func TestWireFormats(t *testing.T) {
	alice := mlstest.NewClient(t, public.X25519(), "alice")
	alice.Config.WireFormats = public.WireFormats{0xf00d}
	g, changes, err := mls.Create(alice.Config, alice.Suite, []byte("group"), alice.Identity, alice.Signer, mls.CreateOptions{
		Extensions: public.Extensions{public.WireFormats{0xf00d, public.WirePrivateMessage}.Required()},
	})
	alice = follower(t, alice, g, changes, err)
	bob, carol := mlstest.NewClient(t, alice.Suite, "bob"), mlstest.NewClient(t, alice.Suite, "carol")
	k, _ := carol.KeyPackage(t)
	if _, _, err := alice.Group.Commit(mls.CommitOptions{Add: [][]byte{k}}); public.RuleOf(err) != public.RuleRequiredWireFormats {
		t.Errorf("carol: got %v, want rule %s", err, public.RuleRequiredWireFormats)
	}
	bob.Config.WireFormats = public.WireFormats{0x0a0a, 0xf00d}
	k, secrets := bob.KeyPackage(t)
	bob.Join(t, alice.Commit(t, mls.CommitOptions{Add: [][]byte{k}}).Welcome(), secrets)
	agree(t, alice, bob)
}
