package archtest

import (
	"go/parser"
	"go/token"
	"slices"
	"testing"
)

func TestArchitecture(t *testing.T) {
	for _, goos := range []string{"linux", "js"} { // drivers of the browser exist only under js
		t.Run(goos, func(t *testing.T) { checkAll(t, goos) })
	}
}

func checkAll(t *testing.T, goos string) {
	pkgs, err := list(goos)
	if err != nil {
		t.Fatal(err)
	}
	if len(pkgs) < 5 {
		t.Fatalf("go list found %d packages", len(pkgs))
	}
	for _, p := range pkgs {
		quiet, err := checkStill(p)
		if err != nil {
			t.Error(err)
		}
		for _, problem := range slices.Concat(checkAllowed(allowed, p), checkNever(never, p), checkPure(p), checkBuilds(p), quiet) {
			t.Error(problem)
		}
	}
}

func TestAllowed(t *testing.T) {
	table := map[string][]string{"a": {"b", "t/..."}, "cmd/...": {"..."}, "cmd/x": {}}
	tests := []struct {
		name string
		p    pkg
		want []string
	}{
		{"listed", pkg{ImportPath: "parley/a", Imports: []string{"os", "parley/b", "parley/t", "parley/t/u"}}, nil},
		{"everyone's", pkg{ImportPath: "parley/a", Imports: []string{"parley/identity"}}, nil},
		{"not listed", pkg{ImportPath: "parley/a", Imports: []string{"parley/c"}}, []string{"a may not import c"}},
		{"a prefix is not a tree", pkg{ImportPath: "parley/a", Imports: []string{"parley/tu"}}, []string{"a may not import tu"}},
		{"unknown package", pkg{ImportPath: "parley/z"}, []string{"z is not in the table of internal/archtest"}},
		{"tree", pkg{ImportPath: "parley/cmd/y/z", Imports: []string{"parley/c"}}, nil},
		{"own name before tree", pkg{ImportPath: "parley/cmd/x", Imports: []string{"parley/c"}}, []string{"cmd/x may not import c"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := checkAllowed(table, test.p); !slices.Equal(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// Each rule of the real tables is broken once.
func TestNever(t *testing.T) {
	tests := []struct {
		who, dep string
		bad      bool
	}{
		{"server", "parley/content", true},
		{"server/clientapi", "parley/mls", true},
		{"server/pebblestore", "parley/mls/internal/secrettree", true},
		{"server", "parley/mls/internal/schedule", true},
		{"server", "parley/client/memstore", true},
		{"server", "parley/mls/public", false},
		{"server", "parley/mls/internal/suite", false},
		{"server/clientapi", "net/http", false},
		{"client", "net/http", true},
		{"client", "modernc.org/sqlite/lib", true},
		{"client/nettransport", "net/http", false},
		{"mls/internal/suite", "database/sql", true},
		{"cmd/parleywasm", "crypto/x509", true},
		{"cmd/parleywasm", "parley/mls/suites", true},
		{"cmd/parleywasm", "github.com/cloudflare/circl/hpke", true},
		{"client", "parley/mls/suites", true},
		{"client/nettransport", "github.com/cloudflare/circl/dh/x448", true},
		{"server/clientapi", "github.com/cloudflare/circl/sign/ed448", true},
		{"mls", "parley/mls/suites", true},
		{"mls/internal/suite", "github.com/cloudflare/circl/hpke", true},
		{"mls/suites", "github.com/cloudflare/circl/hpke", false},
		{"cmd/parley", "parley/mls/suites", false},
		{"cmd/parley", "crypto/x509", false},
		{"desk", "parley/server", true},
	}
	for _, test := range tests {
		p := pkg{ImportPath: module + "/" + test.who, Deps: []string{"fmt", test.dep}}
		if got := len(checkNever(never, p)) > 0; got != test.bad {
			t.Errorf("%s reaching %s: refused = %v, want %v", test.who, test.dep, got, test.bad)
		}
	}
}

func TestPure(t *testing.T) {
	for name, want := range map[string]int{"content": 2, "mls/internal/suite": 2, "client": 2, "client/sqlitestore": 0, "cmd/parley": 0} {
		p := pkg{ImportPath: module + "/" + name, Imports: []string{"os", "fmt", "syscall/js"}}
		if got := checkPure(p); len(got) != want {
			t.Errorf("%s: got %q, want %d problems", name, got, want)
		}
	}
}

func TestBuilds(t *testing.T) {
	for name, want := range map[string]int{"client": 1, "mls/internal/suite": 1, "client/sqlitestore": 0} {
		if got := checkBuilds(pkg{ImportPath: module + "/" + name, Incomplete: true}); len(got) != want {
			t.Errorf("%s: got %q, want %d problems", name, got, want)
		}
	}
}

func TestRestless(t *testing.T) {
	src := "package p\nimport \"time\"\nfunc f(x time.Time) {\n go f(x)\n f(time.Now())\n var _ time.Duration\n}\n"
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, "x.go", src, 0)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"x.go:4 starts a goroutine", "x.go:5 uses time.Now"}
	if got := restless(fset, f); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
