package franking_test

import (
	"errors"
	"testing"

	"parley/franking"
	"parley/identity"
)

const domain = "example.org"

// ring returns keys and the statements that lead from each to the next, one day
// after the other, with the first one's by itself.
func ring(n int) (keys []identity.PrivateKey, statements []franking.KeyStatement) {
	for i := range n {
		keys = append(keys, identity.GenerateKey())
		if i == 0 {
			statements = append(statements, franking.First(domain, keys[0]))
		} else {
			statements = append(statements, franking.Succeed(domain, keys[i-1], keys[i].Public(), int64(i)*86_400_000))
		}
	}
	return keys, statements
}

func TestChain(t *testing.T) {
	keys, statements := ring(4)
	for i := range statements {
		s, err := franking.ParseKeyStatement(statements[i].Marshal())
		if err != nil || s.Check(domain) != nil {
			t.Fatalf("statement %d: %v, %v", i, err, s.Check(domain))
		}
	}
	statements[1], statements[3] = statements[3], statements[1] // the order doesn't matter
	for from := range keys {
		chain, err := franking.Chain(domain, keys[from].Public(), statements)
		if err != nil || len(chain) != 4-from {
			t.Fatalf("from key %d: %d keys, %v; want %d", from, len(chain), err, 4-from)
		}
		for i, k := range chain {
			if k.Key != keys[from+i].Public() {
				t.Errorf("from key %d: key %d is another", from, i)
			}
		}
	}
	stranger := identity.GenerateKey().Public()
	if chain, err := franking.Chain(domain, stranger, statements); err != nil || len(chain) != 1 || chain[0].Key != stranger {
		t.Errorf("from a stranger's key: %v, %v", chain, err)
	}
}

// TestGood: a key signs from its statement to its successor's, with some overlap.
func TestGood(t *testing.T) {
	keys, statements := ring(3)
	chain, err := franking.Chain(domain, keys[0].Public(), statements)
	if err != nil {
		t.Fatal(err)
	}
	const day, hour = 86_400_000, 3_600_000
	for _, c := range []struct {
		key  int
		at   int64
		want bool
	}{
		{0, 0, true},
		{0, day + hour - 1, true},
		{0, day + hour, false},
		{1, day - hour - 1, false},
		{1, day - hour, true},
		{1, 2*day + hour, false},
		{2, day, false},
		{2, 2 * day, true},
		{2, 1 << 60, true},
	} {
		if got := chain[c.key].Good(c.at); got != c.want {
			t.Errorf("key %d at %d: %t; want %t", c.key, c.at, got, c.want)
		}
	}
}

func TestChainRefused(t *testing.T) {
	keys, statements := ring(3)
	thief := identity.GenerateKey()
	for name, c := range map[string]struct {
		statement franking.KeyStatement
		want      error
	}{
		"forged": {func() franking.KeyStatement {
			s := franking.Succeed(domain, thief, thief.Public(), 7*86_400_000)
			s.Previous = keys[2].Public()
			return s
		}(), franking.ErrStatement},
		"another domain": {franking.Succeed("example.net", keys[2], thief.Public(), 7*86_400_000), franking.ErrStatement},
		"back in time":   {franking.Succeed(domain, keys[2], thief.Public(), 1), franking.ErrStatement},
		"fork":           {franking.Succeed(domain, keys[1], thief.Public(), 7*86_400_000), franking.ErrFork},
		"circle":         {franking.Succeed(domain, keys[2], keys[0].Public(), 7*86_400_000), franking.ErrFork},
		"to itself":      {franking.Succeed(domain, keys[2], keys[2].Public(), 7*86_400_000), franking.ErrFork},
	} {
		all := append(statements[:len(statements):len(statements)], c.statement)
		if chain, err := franking.Chain(domain, keys[0].Public(), all); !errors.Is(err, c.want) {
			t.Errorf("%s: %d keys, %v; want %v", name, len(chain), err, c.want)
		}
	}
	again := append(statements[:len(statements):len(statements)], statements[1])
	if chain, err := franking.Chain(domain, keys[0].Public(), again); err != nil || len(chain) != 3 {
		t.Errorf("a statement twice: %d keys, %v; want 3", len(chain), err)
	}
}

func TestFirst(t *testing.T) {
	key := identity.GenerateKey()
	s := franking.First(domain, key)
	if err := s.Check(domain); err != nil {
		t.Fatal(err)
	}
	s.Key = identity.GenerateKey().Public()
	if err := s.Check(domain); !errors.Is(err, franking.ErrStatement) {
		t.Errorf("for another key: %v; want ErrStatement", err)
	}
}

func FuzzParseKeyStatement(f *testing.F) {
	_, statements := ring(2)
	f.Add(statements[1].Marshal())
	f.Fuzz(func(t *testing.T, data []byte) {
		if s, err := franking.ParseKeyStatement(data); err == nil && string(s.Marshal()) != string(data) {
			t.Errorf("%x is read and encoded otherwise", data)
		}
	})
}
