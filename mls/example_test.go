package mls_test

import (
	"errors"
	"fmt"
	"log"

	"parley/mls"
	"parley/mls/public"
)

// store is what a client keeps of one group. A real one writes all Changes in
// one transaction, sealed.
type store map[string][]byte

func (s store) Get(key string) ([]byte, error) { return s[key], nil }

func (s store) write(changes mls.Changes) {
	for _, c := range changes {
		if c.Value == nil {
			delete(s, c.Key)
		} else {
			s[c.Key] = c.Value
		}
	}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// newSigner makes a client's signature key.
func newSigner() public.SignaturePrivateKey {
	signer, _, err := public.X25519().GenerateSignatureKey(nil)
	check(err)
	return signer
}

var exampleConfig = &mls.Config{
	Suites: []*public.Suite{public.X25519()},
	CheckMember: func(leaf public.LeafView) error {
		if len(leaf.Identity()) == 0 { // a real one looks the key up
			return errors.New("who is this?")
		}
		return nil
	},
}

// meet lets alice create a group and add bob.
func meet(alice, bob store) (a, b *mls.Group) {
	aliceKey, bobKey := newSigner(), newSigner()

	// Bob publishes a key package, and keeps its secrets.
	keyPackage, secrets, err := mls.NewKeyPackage(exampleConfig, public.X25519(), []byte("bob"), bobKey, mls.KeyPackageOptions{})
	check(err)

	// Alice creates a group and adds him.
	a, changes, err := mls.Create(exampleConfig, public.X25519(), []byte("lunch"), []byte("alice"), aliceKey, mls.CreateOptions{})
	check(err)
	alice.write(changes)
	staged, changes, err := a.Commit(mls.CommitOptions{Add: [][]byte{keyPackage}})
	check(err)
	alice.write(changes)

	// The delivery service takes staged.CommitMessage() and staged.GroupInfo();
	// only then is the commit merged, and the Welcome delivered.
	changes, err = a.Merge(staged)
	check(err)
	alice.write(changes)

	// Bob joins.
	b, changes, err = mls.JoinWelcome(exampleConfig, staged.Welcome(), []*mls.KeyPackageSecrets{secrets}, bobKey)
	check(err)
	bob.write(changes) // and deletes the key package's secrets
	return a, b
}

// Two members meet in a group, and one writes to the other.
func Example() {
	alice, bob := store{}, store{}
	a, b := meet(alice, bob)

	message, changes, err := a.Encrypt(nil, []byte("Where do we meet?"))
	check(err)
	alice.write(changes) // before it is sent

	m, changes, err := b.Decrypt(message)
	check(err)
	bob.write(changes) // before it is shown
	fmt.Printf("%s: %s\n", m.SenderIdentity, m.Data)
	// Output: alice: Where do we meet?
}

// A member renews its keys, which heals the group if they were stolen. Another
// member follows the commit.
func ExampleGroup_Commit() {
	alice, bob := store{}, store{}
	a, b := meet(alice, bob)

	staged, changes, err := a.Commit(mls.CommitOptions{Update: true})
	check(err)
	alice.write(changes) // the commit is pending, across restarts
	commit := staged.CommitMessage()

	// The delivery service has accepted it: everyone gets it, alice too.
	for group, records := range map[*mls.Group]store{a: alice, b: bob} {
		staged, err := group.Stage(commit)
		check(err)
		changes, err := group.Merge(staged)
		check(err)
		records.write(changes)
	}
	fmt.Println("epoch", a.Epoch(), b.Epoch(), b.CheckEpoch(a.Epoch(), a.EpochAuthenticator()))
	// Output: epoch 2 2 <nil>
}

// A member proposes to leave; another commits that, with whatever else is waiting.
func ExampleGroup_Propose() {
	alice, bob := store{}, store{}
	a, b := meet(alice, bob)

	message, _, changes, err := b.Propose(&public.SelfRemove{}, mls.ProposeOptions{})
	check(err)
	bob.write(changes)

	_, changes, err = a.ReceiveProposal(message)
	check(err)
	alice.write(changes)
	_, _, err = a.Encrypt(nil, []byte("are you still there?"))
	fmt.Println(err)
	staged, changes, err := a.Commit(mls.CommitOptions{Received: true})
	check(err)
	alice.write(changes)
	changes, err = a.Merge(staged)
	check(err)
	alice.write(changes)
	fmt.Println(len(a.Members()), "member")
	// Output:
	// mls: proposals must be committed first
	// 1 member
}

// A group is read back after a restart, and a member that lost its records comes
// back into its group by an external commit.
func Example_recover() {
	alice, bob := store{}, store{}
	a, _ := meet(alice, bob)

	// Bob restarts from what is stored... with the wrong key.
	_, err := mls.Load(exampleConfig, bob, newSigner())
	fmt.Println(err)

	// He made a new one, and lost the old: to the others he is somebody whose
	// leaf must be replaced. The delivery service gives the newest GroupInfo.
	info, err := a.GroupInfo()
	check(err)
	staged, err := mls.JoinExternal(exampleConfig, info, []byte("bob"), newSigner(), mls.ExternalOptions{Resync: true})
	check(err)

	// The service accepts the commit; Alice follows, and sees a new key.
	theirs, err := a.Stage(staged.CommitMessage())
	check(err)
	fmt.Printf("%s rejoins, %d removed\n", theirs.Committer().Identity(), len(theirs.Removed()))
	changes, err := a.Merge(theirs)
	check(err)
	alice.write(changes)

	b, changes, err := staged.Join()
	check(err)
	bob = store{}
	bob.write(changes)
	fmt.Println("same epoch:", a.CheckEpoch(b.Epoch(), b.EpochAuthenticator()) == nil)
	// Output:
	// mls: wrong signature key
	// bob rejoins, 1 removed
	// same epoch: true
}

// A message may come before the commit that begins its epoch.
func ExampleWaiting() {
	alice, bob := store{}, store{}
	a, b := meet(alice, bob)
	var waiting mls.Waiting

	staged, changes, err := a.Commit(mls.CommitOptions{})
	check(err)
	alice.write(changes)
	changes, err = a.Merge(staged)
	check(err)
	alice.write(changes)
	message, changes, err := a.Encrypt(nil, []byte("first"))
	check(err)
	alice.write(changes)

	if _, _, err := b.Decrypt(message); errors.Is(err, mls.ErrFutureEpoch) {
		header, err := public.PeekMessage(message)
		check(err)
		waiting.Add(header.Epoch, message)
	}
	theirs, err := b.Stage(staged.CommitMessage())
	check(err)
	changes, err = b.Merge(theirs)
	check(err)
	bob.write(changes)
	for _, message := range waiting.Take(b.Epoch()) {
		m, changes, err := b.Decrypt(message)
		check(err)
		bob.write(changes)
		fmt.Printf("%s\n", m.Data)
	}
	// Output: first
}

// A component takes its secret of the epoch, once.
func ExampleGroup_SafeExport() {
	alice, bob := store{}, store{}
	a, b := meet(alice, bob)
	const component public.ComponentID = 0x8001 // of the application's own

	mine, changes, err := a.SafeExport(component)
	check(err)
	alice.write(changes)
	theirs, changes, err := b.SafeExport(component)
	check(err)
	bob.write(changes)
	fmt.Println(string(mine) == string(theirs))
	_, _, err = a.SafeExport(component)
	fmt.Println(err)
	// Output:
	// true
	// mls: component secret already exported
}
