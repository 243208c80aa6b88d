package mls_test

import (
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"parley/mls"
	"parley/mls/internal/suite"
	"parley/mls/mlstest"
	"parley/mls/public"
	more "parley/mls/suites"
)

// The benchmarks of this file compare an operation with the primitives that it
// can't do without, in turns within one run, so that what else the machine does
// falls on both. They report the medians and their ratio; docs/benchmarks.md
// says what came of it.

// turns is how many calls of each side follow one another in a comparison of
// messages: few, so that they are seldom interrupted.
const turns = 8

// compare reports the median times of one and bare, calls of each at a time, and
// their ratio; and the ratio of the CPU time that each took in all, which counts
// where samples are so long that the machine interrupts them.
func compare(b *testing.B, calls int, one, bare func()) {
	b.Helper()
	var ones, bares []time.Duration
	var oneCPU, bareCPU time.Duration
	for b.Loop() {
		start := cpuTime()
		ones = append(ones, timed(calls, one))
		between := cpuTime()
		bares = append(bares, timed(calls, bare))
		oneCPU, bareCPU = oneCPU+between-start, bareCPU+cpuTime()-between
	}
	report(b, calls, ones, bares)
	if calls == 1 && bareCPU > 0 {
		b.ReportMetric(float64(oneCPU)/float64(bareCPU), "cpu-ratio")
	}
}

// report reports the medians of samples of so many calls each, and their ratio.
func report(b *testing.B, calls int, ones, bares []time.Duration) {
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

func newBareMessage(b *testing.B, s *public.Suite, size int) *bareMessage {
	b.Helper()
	m := &bareMessage{s: s, tbs: make([]byte, size+160), aad: make([]byte, 16), plaintext: make([]byte, 256)}
	m.key, m.nonce = make(suite.Secret, s.KeySize()), make(suite.Secret, s.NonceSize())
	var err error
	if m.priv, m.pub, err = s.GenerateSignatureKey(nil); err != nil {
		b.Fatal(err)
	}
	sig, _ := m.send(b)
	for len(m.plaintext) < size+len(sig)+4 {
		m.plaintext = make([]byte, 2*len(m.plaintext))
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
func BenchmarkSendRatio(b *testing.B) { forMessages(b, sendRatio) }

// BenchmarkReceiveRatio compares Decrypt with an AEAD and a verification.
func BenchmarkReceiveRatio(b *testing.B) { forMessages(b, receiveRatio) }

func sendRatio(b *testing.B, sender, _ *mlstest.Client, size int) {
	data, bare := make([]byte, size), newBareMessage(b, sender.Suite, size)
	compare(b, turns, func() {
		if _, _, err := sender.Group.Encrypt(nil, data); err != nil {
			b.Fatal(err)
		}
	}, func() { bare.send(b) })
}

func receiveRatio(b *testing.B, sender, receiver *mlstest.Client, size int) {
	bare := newBareMessage(b, sender.Suite, size)
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
	report(b, turns, ones, bares)
}

// ratioSuites are those of RFC 9420 and the post-quantum ones that Parley would
// use, with Ed25519 and with ML-DSA.
func ratioSuites() []*public.Suite {
	return []*public.Suite{
		public.X25519(), public.P256(), public.ChaCha20(), more.X448(), public.P521(), more.X448ChaCha20(), public.P384(),
		public.XWing(public.SuiteXWing), more.XWingMLDSA44(public.SuiteXWingMLDSA44),
	}
}

// BenchmarkSuiteRatio is the comparisons of messages (900 bytes, 32 members) and
// of an Update commit in the worst case (200 members), in every suite of
// ratioSuites.
func BenchmarkSuiteRatio(b *testing.B) {
	for _, s := range ratioSuites() {
		b.Run("suite="+strconv.Itoa(int(s.ID())), func(b *testing.B) {
			c := mlstest.NewGroup(b, s, 32, 2)
			b.Run("receive", func(b *testing.B) { receiveRatio(b, c[0], c[1], 900) })
			b.Run("send", func(b *testing.B) { sendRatio(b, c[0], c[1], 900) })
			const n = 200
			creator := mlstest.NewGroup(b, s, n, 1)[0]
			b.Run("update", func(b *testing.B) { compare(b, 1, updateCommit(b, creator), sealsOnAllCores(b, s, n-1)) })
		})
	}
}

// BenchmarkUpdateRatio compares making an Update commit among 1,000 members
// whom one added, so that each path secret goes to each of them, with that many
// HPKE seals: one after another, and with as many at once as there are cores.
func BenchmarkUpdateRatio(b *testing.B) {
	const n = 1000
	s := public.X25519()
	update := updateCommit(b, mlstest.NewGroup(b, s, n, 2)[0])
	b.Run("seals=serial", func(b *testing.B) { compare(b, 1, update, seals(b, s, n-1)) })
	b.Run("seals=parallel", func(b *testing.B) { compare(b, 1, update, sealsOnAllCores(b, s, n-1)) })
}

// updateCommit returns what makes an Update commit of c and drops it.
func updateCommit(b *testing.B, c *mlstest.Client) func() {
	return func() {
		if _, _, err := c.Group.Commit(mls.CommitOptions{Update: true}); err != nil {
			b.Fatal(err)
		}
		c.Group.DropPending()
	}
}

// seals returns what seals count path secrets, one after another.
func seals(b *testing.B, s *public.Suite, count int) func() {
	_, pub, err := s.GenerateHPKEKey(nil)
	if err != nil {
		b.Fatal(err)
	}
	context, secret := make([]byte, 130), make([]byte, s.HashSize())
	return func() {
		for range count {
			if _, _, err := s.EncryptWithLabel(pub, "UpdatePathNode", context, secret); err != nil {
				b.Error(err)
				return
			}
		}
	}
}

// sealsOnAllCores is seals, with as many at once as there are cores.
func sealsOnAllCores(b *testing.B, s *public.Suite, count int) func() {
	cores := runtime.GOMAXPROCS(0)
	var parts []func()
	for i := range cores {
		parts = append(parts, seals(b, s, (count+i)/cores))
	}
	return func() {
		var wg sync.WaitGroup
		for _, part := range parts {
			wg.Go(part)
		}
		wg.Wait()
	}
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
// member, and the memory that the group takes then. In a settled tree every
// parent node is filled; else few are.
func BenchmarkJoin(b *testing.B) {
	for _, n := range joinSizes {
		b.Run(fmt.Sprintf("n=%d", n), func(b *testing.B) { joinLast(b, mlstest.NewGroup(b, public.X25519(), n-1, 1)[0], n) })
	}
	n := joinSizes[len(joinSizes)-1]
	b.Run(fmt.Sprintf("settled/n=%d", n), func(b *testing.B) {
		creator := mlstest.NewGroup(b, public.X25519(), n-1, 1)[0]
		if err := creator.Group.Settle(); err != nil {
			b.Fatal(err)
		}
		joinLast(b, creator, n)
	})
}

// joinLast lets the n-th member join the group of creator.
func joinLast(b *testing.B, creator *mlstest.Client, n int) {
	joiner := mlstest.NewClient(b, creator.Suite, "last")
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
	b.ReportMetric(float64(group.Parents()), "parents")
	b.ReportMetric(median(took).Seconds(), "s")
	b.ReportMetric(median(took).Seconds()/float64(n)*1e6, "µs/member")
	runtime.KeepAlive(group)
	runtime.KeepAlive(creator)
	runtime.KeepAlive(welcome)
}

// heap returns the bytes of live objects.
func heap() float64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}
