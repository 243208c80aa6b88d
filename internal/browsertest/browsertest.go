// Package browsertest runs Go tests that are compiled for js in a real headless
// Chromium. It is for tests alone.
package browsertest

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/evanw/esbuild/pkg/api"
)

// A Program is the tests of a package.
type Program struct {
	Package string       // import path
	Script  string       // TypeScript that runs first; its imports are relative to the module's root
	Handler http.Handler // answers what the harness doesn't; nil: nothing
	Args    []string     // of the test binary, beside -test.v
}

// limit bounds one run: well beyond what it takes.
const limit = 3 * time.Minute

// Run compiles p's tests for js, runs them in a page and fails t as they fail. It
// skips where there is no Chromium; under CI it fails there.
func Run(t *testing.T, p Program) {
	t.Helper()
	NeedChromium(t)
	root := Root(t)
	dir := t.TempDir()
	compile(t, root, p.Package, filepath.Join(dir, "test.wasm"))
	srv := httptest.NewServer(handler(t, p, root, dir))
	t.Cleanup(srv.Close)
	ctx, cancel := context.WithTimeout(Browser(t), limit)
	defer cancel()
	output, code := "", -1
	err := chromedp.Do(ctx, chromedp.Navigate(srv.URL+"/test.html"))
	if err == nil {
		_, err = chromedp.Run(ctx, chromedp.Poll[bool]("globalThis.code !== undefined", chromedp.WithPollingTimeout(limit)))
	}
	if out, e := chromedp.Run(ctx, chromedp.Evaluate[string]("globalThis.output")); e == nil {
		output = out
	}
	if c, e := chromedp.Run(ctx, chromedp.Evaluate[int]("globalThis.code ?? -1")); e == nil {
		code = c
	}
	if err != nil || code != 0 || !strings.Contains(output, "--- PASS") {
		t.Errorf("%s in the browser: exit %d, %v\n%s", p.Package, code, err, output)
	} else if testing.Verbose() {
		t.Log(output)
	}
}

// NeedChromium skips t where there is no Chromium; under CI it fails.
func NeedChromium(t testing.TB) {
	t.Helper()
	if _, err := exec.LookPath("chromium"); err == nil {
		return
	}
	if os.Getenv("CI") == "true" {
		t.Fatal("no chromium on PATH")
	}
	t.Skip("no chromium on PATH")
}

// Browser starts a Chromium with a profile of its own, which ends with t.
func Browser(t testing.TB) context.Context {
	t.Helper()
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox, chromedp.ExecPath("chromium"), chromedp.WSURLReadTimeout(limit),
		chromedp.Flag("disable-features", "Translate,BlinkGenPropertyTrees,WebUIOmniboxPopup,WebUIOmniboxAimPopup"))
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), opts...)
	t.Cleanup(cancel)
	ctx, _ = Tab(t, ctx)
	return ctx
}

// Tab opens one more tab of the browser of ctx, which lasts until close or the end
// of t.
func Tab(t testing.TB, ctx context.Context) (tab context.Context, close context.CancelFunc) {
	t.Helper()
	tab, close = chromedp.NewContext(ctx)
	t.Cleanup(close)
	if err := Begin(tab, limit); err != nil {
		t.Fatal(err)
	}
	return tab, close
}

// errMute is all that a browser says that hangs.
var errMute = errors.New("the browser doesn't answer")

// Begin has the browser, a tab or a worker of a context be there, within a bound. It
// lives as long as the context that it begins with: so that one can't have the bound
// itself. A worker that has just ended, or that hangs, never answers. ctx is to be
// canceled where Begin fails.
func Begin(ctx context.Context, bound time.Duration) error {
	done := make(chan error, 1)
	go func() { done <- chromedp.Do(ctx) }()
	select {
	case err := <-done:
		return err
	case <-time.After(bound):
		return errMute
	}
}

// Root returns the module's directory.
func Root(t testing.TB) string {
	t.Helper()
	out, err := exec.Command("go", "env", "GOMOD").Output()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Dir(strings.TrimSpace(string(out)))
}

func compile(t *testing.T, root, pkg, file string) {
	t.Helper()
	cmd := exec.Command("go", "test", "-c", "-o", file, pkg)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("compiling the tests of %s: %v\n%s", pkg, err, out)
	}
}

// page runs the test binary and keeps what it prints.
const page = `<!doctype html><script src="/wasm_exec.js"></script><script src="/first.js"></script><script>
globalThis.output = "";
const decoder = new TextDecoder();
fs.writeSync = (fd, b) => { output += decoder.decode(b); return b.length; };
fs.write = (fd, b, off, len, pos, done) => { output += decoder.decode(b.subarray(off, off + len)); done(null, len); };
const go = new Go();
go.argv = ARGS;
go.exit = (c) => { globalThis.exit = c; };
WebAssembly.instantiateStreaming(fetch("/test.wasm"), go.importObject)
  .then((r) => go.run(r.instance)).then(() => { globalThis.code = globalThis.exit ?? 0; }, (e) => { output += e; globalThis.code = 99; });
</script>`

func handler(t *testing.T, p Program, root, dir string) http.Handler {
	t.Helper()
	args, err := json.Marshal(append([]string{"test", "-test.v"}, p.Args...))
	if err != nil {
		t.Fatal(err)
	}
	first := Bundle(t, root, p.Script, nil)
	mux := http.NewServeMux()
	mux.HandleFunc("/test.html", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte(strings.Replace(page, "ARGS", string(args), 1)))
	})
	mux.HandleFunc("/first.js", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		_, _ = w.Write(first)
	})
	mux.HandleFunc("/wasm_exec.js", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFile(w, r, Runtime(t))
	})
	mux.HandleFunc("/test.wasm", func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, filepath.Join(dir, "test.wasm")) })
	if p.Handler != nil {
		mux.Handle("/", p.Handler)
	}
	return mux
}

// Bundle returns the script that TypeScript makes, with what it imports relative to
// the module's root, and with some names replaced by strings. parley:wasm_exec is
// the runtime of Go's wasm.
func Bundle(t testing.TB, root, source string, define map[string]string) []byte {
	t.Helper()
	quoted := map[string]string{}
	for name, value := range define {
		quoted[name] = strconv.Quote(value)
	}
	result := api.Build(api.BuildOptions{
		Stdin:  &api.StdinOptions{Contents: source, ResolveDir: root, Loader: api.LoaderTS},
		Bundle: true, Target: api.ES2022, Format: api.FormatIIFE, Outdir: root, Define: quoted,
		Plugins: []api.Plugin{{Name: "wasm_exec", Setup: func(b api.PluginBuild) {
			b.OnResolve(api.OnResolveOptions{Filter: "^parley:wasm_exec$"}, func(api.OnResolveArgs) (api.OnResolveResult, error) {
				return api.OnResolveResult{Path: Runtime(t)}, nil
			})
		}}},
	})
	if len(result.Errors) > 0 {
		t.Fatalf("bundling: %v", result.Errors[0].Text)
	}
	return result.OutputFiles[0].Contents
}

// Runtime returns the file of the runtime of Go's wasm.
func Runtime(t testing.TB) string {
	t.Helper()
	out, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(strings.TrimSpace(string(out)), "lib/wasm/wasm_exec.js")
}
