package mls_test

import (
	"fmt"
	"testing"

	"parley/mls"
	"parley/mls/internal/suite"
	"parley/mls/mlstest"
	"parley/mls/public"
)

// benchSizes are the members of the groups.
var benchSizes = []int{2, 32, 1000}

func benchSuites() map[string]*public.Suite {
	return map[string]*public.Suite{"suite1": public.X25519(), "xwing": public.XWing(public.SuiteXWing)}
}

// forGroups runs bench with a sender and a receiver in groups of each size.
func forGroups(b *testing.B, bench func(b *testing.B, sender, receiver *mlstest.Client)) {
	for _, name := range []string{"suite1", "xwing"} {
		for _, n := range benchSizes {
			b.Run(fmt.Sprintf("%s/n=%d", name, n), func(b *testing.B) {
				c := mlstest.NewGroup(b, benchSuites()[name], n, 2)
				bench(b, c[0], c[1])
			})
		}
	}
}

// BenchmarkEncrypt is 1 KiB of application data.
func BenchmarkEncrypt(b *testing.B) {
	forGroups(b, func(b *testing.B, sender, _ *mlstest.Client) {
		data := make([]byte, 1024)
		written := 0
		for b.Loop() {
			_, changes, err := sender.Group.Encrypt(nil, data)
			if err != nil {
				b.Fatal(err)
			}
			written += size(changes)
		}
		b.ReportMetric(float64(written)/float64(b.N), "record-B/op")
	})
}

// BenchmarkDecrypt is 1 KiB of application data.
func BenchmarkDecrypt(b *testing.B) {
	forGroups(b, func(b *testing.B, sender, receiver *mlstest.Client) {
		data := make([]byte, 1024)
		var messages [][]byte
		written := 0
		for b.Loop() {
			if len(messages) == 0 {
				b.StopTimer()
				for range 512 {
					messages = append(messages, sender.Send(b, string(data)))
				}
				b.StartTimer()
			}
			_, changes, err := receiver.Group.Decrypt(messages[0])
			if err != nil {
				b.Fatal(err)
			}
			messages = messages[1:]
			written += size(changes)
		}
		b.ReportMetric(float64(written)/float64(b.N), "record-B/op")
	})
}

func size(changes mls.Changes) int {
	n := 0
	for _, c := range changes {
		n += len(c.Key) + len(c.Value)
	}
	return n
}

// BenchmarkBare is what a message can't do without: one signature, or one
// verification, and one AEAD over the same size.
func BenchmarkBare(b *testing.B) {
	for _, name := range []string{"suite1", "xwing"} {
		s := benchSuites()[name]
		priv, pub, err := s.GenerateSignatureKey(nil)
		if err != nil {
			b.Fatal(err)
		}
		data := make([]byte, 1024)
		key, nonce := make(suite.Secret, s.KeySize()), make(suite.Secret, s.NonceSize())
		sig, err := s.SignWithLabel(priv, "bench", data)
		if err != nil {
			b.Fatal(err)
		}
		ct, err := s.Seal(key, nonce, nil, data)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name+"/sign+seal", func(b *testing.B) {
			for b.Loop() {
				_, err1 := s.SignWithLabel(priv, "bench", data)
				_, err2 := s.Seal(key, nonce, nil, data)
				if err1 != nil || err2 != nil {
					b.Fatal(err1, err2)
				}
			}
		})
		b.Run(name+"/verify+open", func(b *testing.B) {
			for b.Loop() {
				_, err1 := s.Open(key, nonce, nil, ct)
				if err := s.VerifyWithLabel(pub, "bench", data, sig); err != nil || err1 != nil {
					b.Fatal(err, err1)
				}
			}
		})
	}
}

// forSettled is forGroups for groups in which the tree is full.
func forSettled(b *testing.B, bench func(b *testing.B, sender, receiver *mlstest.Client)) {
	for _, name := range []string{"suite1", "xwing"} {
		for _, n := range benchSizes {
			b.Run(fmt.Sprintf("%s/n=%d", name, n), func(b *testing.B) {
				c := mlstest.NewSettledGroup(b, benchSuites()[name], n)
				bench(b, c[0], c[1])
			})
		}
	}
}

// BenchmarkUpdate is a commit that renews its author's keys, with the next
// GroupInfo, and its merge, in a group in which everyone has done so before.
func BenchmarkUpdate(b *testing.B) { forSettled(b, update) }

// BenchmarkUpdateFresh is the same in a group whose creator added all others and
// nobody else has committed: each path secret is encrypted to each member.
func BenchmarkUpdateFresh(b *testing.B) { forGroups(b, update) }

func update(b *testing.B, sender, _ *mlstest.Client) {
	for b.Loop() {
		sender.Commit(b, mls.CommitOptions{Update: true})
	}
}

// BenchmarkFollow is staging and merging another's Update commit.
func BenchmarkFollow(b *testing.B) { forSettled(b, follow) }

// BenchmarkFollowFresh is the same in a group as of BenchmarkUpdateFresh.
func BenchmarkFollowFresh(b *testing.B) { forGroups(b, follow) }

func follow(b *testing.B, sender, receiver *mlstest.Client) {
	for b.Loop() {
		b.StopTimer()
		staged := sender.Commit(b, mls.CommitOptions{Update: true})
		b.StartTimer()
		receiver.Follow(b, staged.CommitMessage())
	}
}
