package main

import (
	"bufio"
	"context"
	"encoding/base64"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"time"

	"parley/identity"
	"parley/safety"
)

var blockListCommand = command{
	name: "block-list", usage: "block-list key FILE | block-list make --key FILE --version N --out LIST < ENTRIES",
	summary: "Make the list of bad links that devices check by themselves.",
	more: `
key makes a signing key, keeps it in FILE and prints its public half, which is the
setting block_list_key. make reads entries from its input, a line each: HOST for a site and all
below it, or HOST/PATH for one page, and writes the signed list, which is the setting block_list.
N must grow with each list: devices refuse an older one than they have seen of this key. The running
server gives the new list as soon as the file is there.

Devices fetch the list whole and look into it themselves: the server doesn't learn
which links anybody has.`,
	run: runBlockList,
}

func runBlockList(_ context.Context, p *program, args []string) error {
	if len(args) == 0 {
		return usagef("want block-list key or block-list make")
	}
	fs := newFlags("block-list")
	var m listMaking
	if args[0] == "make" {
		m.flags(fs)
	}
	rest, err := parse(fs, args[1:])
	if err != nil {
		return err
	}
	switch {
	case args[0] == "key" && len(rest) == 1:
		return makeListKey(p, rest[0])
	case args[0] == "make" && len(rest) == 0 && m.key != "" && m.out != "" && m.version > 0:
		return m.run(p)
	}
	return usagef("want block-list key FILE, or block-list make --key FILE --version N --out LIST")
}

// makeListKey keeps a new key in a file that wasn't there.
func makeListKey(p *program, path string) error {
	key := identity.GenerateKey()
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return plainPath(err)
	}
	_, err = fmt.Fprintln(f, base64.RawURLEncoding.EncodeToString(key.Seed()))
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return plainPath(err)
	}
	_, err = fmt.Fprintln(p.stdout, key.Public())
	return err
}

// A listMaking is what make is told.
type listMaking struct {
	key, out string
	version  uint64
}

func (m *listMaking) flags(fs *flag.FlagSet) {
	fs.StringVar(&m.key, "key", "", "")
	fs.StringVar(&m.out, "out", "", "")
	fs.Uint64Var(&m.version, "version", 0, "")
}

// newer refuses a version that devices would refuse: not above that of the list which is there.
func (m *listMaking) newer(key identity.PublicKey) error {
	data, err := os.ReadFile(m.out)
	if err != nil {
		return nil // there is none yet
	}
	known, err := safety.ParseBlockList(data, key, 0)
	if err == nil && m.version <= known.Version {
		return fmt.Errorf("the list that is there has version %d: want one above it (old_version)", known.Version)
	}
	return nil
}

func (m *listMaking) run(p *program) error {
	text, err := os.ReadFile(m.key)
	if err != nil {
		return plainPath(err)
	}
	seed, err := base64.RawURLEncoding.DecodeString(strings.TrimSpace(string(text)))
	if err != nil {
		return errors.New("the key's file holds no key of block-list key (bad_key)")
	}
	key, err := identity.NewPrivateKey(seed)
	if err != nil {
		return errors.New("the key's file holds no key of block-list key (bad_key)")
	}
	if err := m.newer(key.Public()); err != nil {
		return err
	}
	var entries []string
	lines := bufio.NewScanner(p.stdin)
	for n := 1; lines.Scan(); n++ {
		entry := strings.TrimSpace(lines.Text())
		if entry == "" || strings.HasPrefix(entry, "#") {
			continue
		}
		if _, ok := safety.Expression(entry); !ok {
			return fmt.Errorf("line %d: want HOST or HOST/PATH, without a scheme, port or query (bad_entry)", n)
		}
		entries = append(entries, entry)
	}
	if err := lines.Err(); err != nil {
		return err
	}
	list := safety.MakeBlockList(entries, m.version, time.Now().UnixMilli(), key)
	if len(list) > safety.MaxBlockList {
		return fmt.Errorf("%d entries are too many: a list has at most %d MiB (too_large)", len(entries), safety.MaxBlockList>>20)
	}
	if err := os.WriteFile(m.out+".new", list, 0o644); err != nil {
		return plainPath(err)
	}
	if err := os.Rename(m.out+".new", m.out); err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.stdout, "%d entries, version %d\n", len(entries), m.version)
	return err
}
