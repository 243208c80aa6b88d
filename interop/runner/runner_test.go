package runner

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"parley/interop/mlsclient"
	"parley/mls/public"
	"parley/mls/suites"
)

// serve starts a client of ours on the loopback interface.
func serve(t *testing.T, name string) grpc.ClientConnInterface {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer(mlsclient.ServerCodec())
	mlsclient.New(name, suites.All()).Register(server)
	go func() { _ = server.Serve(l) }()
	t.Cleanup(server.Stop)
	conn, err := grpc.NewClient(l.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// configs reads all scripts, by file/name.
func configs(t *testing.T) map[string]Script {
	t.Helper()
	dir := os.Getenv("PARLEY_VECTORS")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "vectors")
	}
	files, err := filepath.Glob(filepath.Join(dir, "mls", "interop-configs", "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Skip("no interop-configs: set PARLEY_VECTORS")
	}
	all := map[string]Script{}
	for _, file := range files {
		scripts, err := Load(file)
		if err != nil {
			t.Fatal(err)
		}
		for name, script := range scripts {
			all[strings.TrimSuffix(filepath.Base(file), ".json")+"/"+name] = script
		}
	}
	return all
}

// maxCasts bounds the ways in which the roles of one script are given to the two
// clients, for suite 1; other suites play each script once.
const maxCasts = 16

// TestScripts plays every script of the working group with two clients of ours:
// handshakes public and private; on suite 1 all ways to give the roles to the
// clients, up to a bound; on each other suite a random one.
func TestScripts(t *testing.T) {
	clients := []grpc.ClientConnInterface{serve(t, "one"), serve(t, "two")}
	seed := uint64(time.Now().UnixNano())
	t.Log("seed", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	scripts := configs(t)
	names := []string{}
	for name := range scripts {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		for _, s := range suites.All() {
			if name == "deep_random/random" && s.ID() != public.SuiteX25519 {
				continue // 840 members: once is enough
			}
			t.Run(fmt.Sprintf("%s/%d", name, s.ID()), func(t *testing.T) {
				plays := 0
				for _, encrypt := range []bool{false, true} {
					plays += playCasts(t, clients, scripts[name], Play{Suite: uint32(s.ID()), Encrypt: encrypt}, random)
				}
				outcome := fmt.Sprint(plays)
				if t.Failed() {
					outcome = "FAILED"
				}
				played.add(name, uint32(s.ID()), outcome)
			})
		}
	}
}

// playCasts plays script with p in each cast and returns how often.
func playCasts(t *testing.T, clients []grpc.ClientConnInterface, script Script, p Play, random *rand.Rand) (plays int) {
	roles := script.Roles()
	p.OtherSuite = uint32(public.SuiteChaCha20)
	if p.Suite == p.OtherSuite {
		p.OtherSuite = uint32(public.SuiteX25519)
	}
	for _, cast := range casts(roles, p.Suite == uint32(public.SuiteX25519), random) {
		q := p
		q.Cast = map[string]grpc.ClientConnInterface{}
		for i, role := range roles {
			q.Cast[role] = clients[cast[i]]
		}
		if err := q.Run(t.Context(), script); err != nil {
			t.Errorf("encrypted handshakes %v, %v play %v: %v", p.Encrypt, cast, roles, err)
			return plays
		}
		plays++
	}
	return plays
}

// casts returns numbers of clients by role: all that there are if there are few
// and many is set, else random ones, with both clients.
func casts(roles []string, many bool, random *rand.Rand) (list [][]int) {
	n := 1
	if many {
		n = maxCasts
	}
	if many && len(roles) <= 4 {
		for bits := range 1 << len(roles) {
			cast := make([]int, len(roles))
			for i := range cast {
				cast[i] = bits >> i & 1
			}
			list = append(list, cast)
		}
		return list
	}
	if len(roles) > 100 {
		n = 1
	}
	for range n {
		cast := make([]int, len(roles))
		for i := range cast {
			cast[i] = random.IntN(2)
		}
		cast[0] = 1 - cast[len(cast)-1]
		list = append(list, cast)
	}
	return list
}

// TestNotice: what the runner is to notice, it does. A client that tells another
// authenticator, or another plaintext, fails the script.
func TestNotice(t *testing.T) {
	script := Script{
		{Action: "createGroup", Actor: "alice", Members: []string{"bob"}},
		{Action: "protect", Actor: "alice", Plaintext: "hello"},
		{Action: "unprotect", Actor: "bob", Ciphertext: 1},
	}
	conn := serve(t, "honest")
	play := func(bob grpc.ClientConnInterface) error {
		p := Play{Suite: 1, Cast: map[string]grpc.ClientConnInterface{"alice": conn, "bob": bob}}
		return p.Run(t.Context(), script)
	}
	if err := play(conn); err != nil {
		t.Fatal(err)
	}
	for _, method := range []string{"JoinGroup", "Unprotect"} {
		if err := play(liar{conn, method}); err == nil {
			t.Errorf("a lie in %s is not noticed", method)
		}
	}
}

// liar changes what a method returns.
type liar struct {
	grpc.ClientConnInterface
	method string
}

func (l liar) Invoke(ctx context.Context, method string, request, response any, opts ...grpc.CallOption) error {
	err := l.ClientConnInterface.Invoke(ctx, method, request, response, opts...)
	if !strings.HasSuffix(method, "/"+l.method) {
		return err
	}
	switch r := response.(type) {
	case *mlsclient.EpochResponse:
		r.EpochAuthenticator = []byte("another")
	case *mlsclient.UnprotectResponse:
		r.Plaintext = []byte("another")
	}
	return err
}

// TestMain writes what was played to the file that INTEROP_REPORT names.
func TestMain(m *testing.M) {
	code := m.Run()
	if file := os.Getenv("INTEROP_REPORT"); file != "" {
		if err := os.WriteFile(file, []byte(played.String()), 0o600); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// tally counts plays by script and suite.
type tally map[string]map[uint32]string

var played = tally{}

func (t tally) add(script string, suite uint32, outcome string) {
	if t[script] == nil {
		t[script] = map[uint32]string{}
	}
	t[script][suite] = outcome
}

// String prints a line a script and a column a suite.
func (t tally) String() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprint(w, "scripts of the working group: suites by number, plays of two clients of ours\n\nscript")
	for _, s := range suites.All() {
		fmt.Fprintf(w, "\t%d", uint16(s.ID()))
	}
	for _, name := range slices.Sorted(maps.Keys(t)) {
		fmt.Fprintf(w, "\n%s", name)
		for _, s := range suites.All() {
			fmt.Fprintf(w, "\t%s", cmp.Or(t[name][uint32(s.ID())], "-"))
		}
	}
	fmt.Fprintln(w)
	w.Flush()
	return b.String()
}
