package mls_test

import (
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"parley/mls"
	"parley/mls/internal/suite"
	"parley/mls/mlstest"
	"parley/mls/public"
)

// The benchmarks of this file compare an operation with the primitives that it
// can't do without, in turns within one run, so that what else the machine does
// falls on both. They report the medians and their ratio; docs/benchmarks.md
// says what came of it.

// turns is how many calls of each side follow one another in a comparison of
// messages: few, so that they are seldom interrupted.
const turns = 8

// compare reports the median times of one and bare, calls of each at a time, and
// their ratio.
func compare(b *testing.B, calls int, one, bare func()) {
	b.Helper()
	var ones, bares []time.Duration
	for b.Loop() {
		ones = append(ones, timed(calls, one))
		bares = append(bares, timed(calls, bare))
	}
	x, y := median(ones), median(bares)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(x.Nanoseconds())/float64(calls)/1e3, "µs")
	b.ReportMetric(float64(y.Nanoseconds())/float64(calls)/1e3, "bare-µs")
	b.ReportMetric(float64(x)/float64(y), "ratio")
}

func timed(calls int, f func()) time.Duration {
	start := time.Now()
	for range calls {
		f()
	}
	return time.Since(start)
}

func median(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[len(d)/2]
}

// messageSizes are the bytes of application data: a short text and one that fills
// a bucket of 1 KiB together with what is beside it.
var messageSizes = []int{100, 900}

// bareMessage is what a message of size bytes can't do without: the signature of
// its TBS and one AEAD over its padded plaintext.
type bareMessage struct {
	s                       *public.Suite
	priv                    public.SignaturePrivateKey
	pub                     public.SignaturePublicKey
	tbs, sig                []byte
	key, nonce              suite.Secret
	aad, plaintext, secured []byte
}

func newBareMessage(b *testing.B, size int) *bareMessage {
	b.Helper()
	m := &bareMessage{s: public.X25519(), tbs: make([]byte, size+160), aad: make([]byte, 16), plaintext: make([]byte, 256)}
	for len(m.plaintext) < size+68 {
		m.plaintext = make([]byte, 2*len(m.plaintext))
	}
	m.key, m.nonce = make(suite.Secret, m.s.KeySize()), make(suite.Secret, m.s.NonceSize())
	var err error
	if m.priv, m.pub, err = m.s.GenerateSignatureKey(nil); err != nil {
		b.Fatal(err)
	}
	m.sig, m.secured = m.send(b)
	return m
}

func (m *bareMessage) send(b *testing.B) (sig, ct []byte) {
	sig, err1 := m.s.SignWithLabel(m.priv, "FramedContentTBS", m.tbs)
	ct, err2 := m.s.Seal(m.key, m.nonce, m.aad, m.plaintext)
	if err1 != nil || err2 != nil {
		b.Fatal(err1, err2)
	}
	return sig, ct
}

func (m *bareMessage) receive(b *testing.B) {
	_, err1 := m.s.Open(m.key, m.nonce, m.aad, m.secured)
	err2 := m.s.VerifyWithLabel(m.pub, "FramedContentTBS", m.tbs, m.sig)
	if err1 != nil || err2 != nil {
		b.Fatal(err1, err2)
	}
}

// forMessages runs bench in groups of suite 1, for each size of message.
func forMessages(b *testing.B, bench func(b *testing.B, sender, receiver *mlstest.Client, size int)) {
	for _, n := range benchSizes {
		c := mlstest.NewGroup(b, public.X25519(), n, 2)
		for _, size := range messageSizes {
			b.Run(fmt.Sprintf("n=%d/size=%d", n, size), func(b *testing.B) { bench(b, c[0], c[1], size) })
		}
	}
}

// BenchmarkSendRatio compares Encrypt with a signature and an AEAD.
func BenchmarkSendRatio(b *testing.B) {
	forMessages(b, func(b *testing.B, sender, _ *mlstest.Client, size int) {
		data, bare := make([]byte, size), newBareMessage(b, size)
		compare(b, turns, func() {
			if _, _, err := sender.Group.Encrypt(nil, data); err != nil {
				b.Fatal(err)
			}
		}, func() { bare.send(b) })
	})
}

// BenchmarkReceiveRatio compares Decrypt with an AEAD and a verification.
func BenchmarkReceiveRatio(b *testing.B) {
	forMessages(b, func(b *testing.B, sender, receiver *mlstest.Client, size int) {
		bare := newBareMessage(b, size)
		var messages [][]byte
		var ones, bares []time.Duration
		receiver.Receive(b, sender.Send(b, "catch up"))
		for b.Loop() {
			messages = messages[:0]
			for range turns {
				messages = append(messages, sender.Send(b, string(make([]byte, size))))
			}
			ones = append(ones, timed(1, func() {
				for _, m := range messages {
					if _, _, err := receiver.Group.Decrypt(m); err != nil {
						b.Fatal(err)
					}
				}
			}))
			bares = append(bares, timed(turns, func() { bare.receive(b) }))
		}
		x, y := median(ones), median(bares)
		b.ReportMetric(0, "ns/op")
		b.ReportMetric(float64(x.Nanoseconds())/turns/1e3, "µs")
		b.ReportMetric(float64(y.Nanoseconds())/turns/1e3, "bare-µs")
		b.ReportMetric(float64(x)/float64(y), "ratio")
	})
}

// BenchmarkUpdateRatio compares making an Update commit among 1,000 members
// whom one added, so that each path secret goes to each of them, with that many
// HPKE seals: one after another, and with as many at once as there are cores.
func BenchmarkUpdateRatio(b *testing.B) {
	const n = 1000
	sender := mlstest.NewGroup(b, public.X25519(), n, 2)[0]
	s := public.X25519()
	_, pub, err := s.GenerateHPKEKey(nil)
	if err != nil {
		b.Fatal(err)
	}
	context, secret := make([]byte, 130), make([]byte, s.HashSize())
	seals := func(count int) {
		for range count {
			if _, _, err := s.EncryptWithLabel(pub, "UpdatePathNode", context, secret); err != nil {
				b.Error(err)
				return
			}
		}
	}
	update := func() {
		if _, _, err := sender.Group.Commit(mls.CommitOptions{Update: true}); err != nil {
			b.Fatal(err)
		}
		sender.Group.DropPending()
	}
	b.Run("seals=serial", func(b *testing.B) { compare(b, 1, update, func() { seals(n - 1) }) })
	b.Run("seals=parallel", func(b *testing.B) {
		compare(b, 1, update, func() {
			var wg sync.WaitGroup
			cores := runtime.GOMAXPROCS(0)
			for i := range cores {
				wg.Go(func() { seals((n - 1 + i) / cores) })
			}
			wg.Wait()
		})
	})
}

// BenchmarkFollowWorst is staging and merging an Update commit of the group of
// BenchmarkUpdateRatio.
func BenchmarkFollowWorst(b *testing.B) {
	var took []time.Duration
	for b.Loop() {
		c := mlstest.NewGroup(b, public.X25519(), 1000, 2)
		message := c[0].Commit(b, mls.CommitOptions{Update: true}).CommitMessage()
		took = append(took, timed(1, func() { c[1].Follow(b, message) }))
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(median(took).Microseconds())/1e3, "ms")
}

// joinSizes are the members of groups that are joined.
var joinSizes = []int{2500, 5000, 10000}

// BenchmarkJoin is joining by Welcome a group whose tree it carries, as its last
// member, and the memory that the group takes then.
func BenchmarkJoin(b *testing.B) {
	for _, n := range joinSizes {
		b.Run(fmt.Sprintf("n=%d", n), func(b *testing.B) {
			creator := mlstest.NewGroup(b, public.X25519(), n-1, 1)[0]
			joiner := mlstest.NewClient(b, public.X25519(), "last")
			k, secrets := joiner.KeyPackage(b)
			welcome := creator.Commit(b, mls.CommitOptions{Add: [][]byte{k}}).Welcome()
			var group *mls.Group
			before := heap()
			var took []time.Duration
			for b.Loop() {
				took = append(took, timed(1, func() {
					var err error
					group, _, err = mls.JoinWelcome(joiner.Config, welcome, []*mls.KeyPackageSecrets{secrets}, joiner.Signer)
					if err != nil {
						b.Fatal(err)
					}
				}))
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric((heap()-before)/(1<<20), "MiB")
			b.ReportMetric(median(took).Seconds(), "s")
			b.ReportMetric(median(took).Seconds()/float64(n)*1e6, "µs/member")
			runtime.KeepAlive(group)
			runtime.KeepAlive(creator)
			runtime.KeepAlive(welcome)
		})
	}
}

// heap returns the bytes of live objects.
func heap() float64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}
