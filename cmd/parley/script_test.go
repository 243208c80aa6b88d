package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"parley/internal/freeport"
	"parley/web"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"parley": main})
}

// TestScript runs testdata: several people against a real server, each command a
// process of its own.
//
// Beside the commands of testscript there are
//
//	server start [FLAG…] | stop | kill    parley serve on $WORK/server; sets $SERVER
//	server limit KIB [FLAG…]              the same, where no file can grow beyond KIB KiB
//	server term                           tells it to end, and doesn't wait
//	server again                          the same a second time: it must end without having finished
//	port VAR                              $VAR is a port that is free
//	ask URL STATUS [TEXT]                 waits until URL answers with STATUS, and TEXT in it
//	alice, bob, carol, mallory, alice2    parley as this person; alice2 is alice's second device
//	join PERSON…                          PERSON signs up
//	begin PERSON ARG…                     parley as this person, in the background: output to PERSON.out, PERSON.err
//	finish PERSON [int|term|kill]         waits for it, after a signal if one is named
//	keep VAR                              $VAR is what the last command printed
//	pick VAR FIELD N                      $VAR is a field of the N-th line of JSON printed
//	await VAR FILE                        $VAR is FILE's first line, once it has one
//	expect FILE TEXT                      waits until FILE holds TEXT
//	texts TEXT…                           the last command printed JSON lines with exactly these texts
//	field NAME VALUE…                     the same for another field
//	picture FILE TEXT                     FILE is a PNG of 40 × 30 with a comment
//	guard VAR                             a captcha service on this machine, to which quince is the right answer; its address in $VAR
//	report PATH…                          the last command printed one object with numbers above 0 at these paths
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		Setup:               setUp,
		RequireExplicitExec: true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"server": cmdServer,
			"alice":  person("alice"), "bob": person("bob"), "carol": person("carol"),
			"mallory": person("mallory"), "alice2": person("alice2"),
			"join": cmdJoin, "begin": cmdBegin, "finish": cmdFinish,
			"port": cmdPort, "ask": cmdAsk, "picture": cmdPicture,
			"keep": cmdKeep, "pick": cmdPick, "await": cmdAwait, "expect": cmdExpect, "texts": cmdTexts, "field": cmdField, "report": cmdReport,
			"guard": cmdGuard,
		},
		Condition: condition,
	})
}

// condition tells a script of [page], that the pages are in the program.
func condition(name string) (bool, error) {
	if name != "page" {
		return false, fmt.Errorf("no condition %q", name)
	}
	_, err := fs.Stat(web.Files(), "desk/index.html")
	return err == nil, nil
}

// patience bounds every wait of a script. It is not a measure of anything.
const patience = 60 * time.Second

// A world is what runs beside a script.
type world struct {
	server *exec.Cmd
	port   string
	jobs   map[string]*background // by person
}

type background struct {
	cmd  *exec.Cmd
	done chan error
}

type worldKey struct{}

func setUp(env *testscript.Env) error {
	w := &world{jobs: map[string]*background{}}
	env.Values[worldKey{}] = w
	env.Defer(func() {
		w.stop(syscall.SIGKILL)
		for _, j := range w.jobs {
			j.cmd.Process.Kill()
			<-j.done
		}
	})
	reports, err := filepath.Abs("../../report/testdata")
	env.Setenv("REPORTS", reports) // cases and keys, as docs/report-format.md describes them
	return err
}

func worldOf(ts *testscript.TestScript) *world { return ts.Value(worldKey{}).(*world) }

// stop ends the server, if one runs.
func (w *world) stop(sig os.Signal) error {
	if w.server == nil {
		return nil
	}
	defer func() { w.server = nil }()
	w.server.Process.Signal(sig)
	return w.server.Wait()
}

func cmdServer(ts *testscript.TestScript, neg bool, args []string) {
	w := worldOf(ts)
	if neg || len(args) == 0 {
		ts.Fatalf("usage: server start|stop|kill")
	}
	switch args[0] {
	case "start":
		w.start(ts, "", args[1:])
	case "limit":
		w.start(ts, args[1], args[2:])
	case "stop":
		if err := w.stop(syscall.SIGTERM); err != nil {
			ts.Fatalf("the server ended with %v:\n%s", err, ts.ReadFile("server.log"))
		}
	case "kill":
		w.stop(syscall.SIGKILL)
	case "term":
		w.server.Process.Signal(syscall.SIGTERM)
	case "again":
		if err := w.stop(syscall.SIGTERM); err == nil {
			ts.Fatalf("the server finished what it had begun")
		}
	default:
		ts.Fatalf("server %s?", args[0])
	}
}

// start starts the server, always on the same port of a script, and waits until
// it listens.
func (w *world) start(ts *testscript.TestScript, limit string, flags []string) {
	if w.port == "" {
		w.port = freePort(ts)
		ts.Setenv("SERVER", "http://127.0.0.1:"+w.port)
		ts.Setenv("PORT", w.port)
	}
	log, err := os.OpenFile(ts.MkAbs("server.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	ts.Check(err)
	defer log.Close()
	at, err := log.Seek(0, 2)
	ts.Check(err)
	args := append([]string{"serve", "--data", ts.MkAbs("server"), "--listen", "127.0.0.1:" + w.port}, flags...)
	w.server = parleyAs(ts, "", args)
	if limit != "" {
		w.server.Args = append([]string{"sh", "-c", `ulimit -f "$0"; exec "$@"`, limit, w.server.Path}, args...)
		w.server.Path, err = exec.LookPath("bash") // whose unit is 1 KiB
		ts.Check(err)
	}
	w.server.Stderr = log
	ts.Check(w.server.Start())
	eventually(ts, "the server doesn't listen: see server.log", func() bool {
		data, _ := os.ReadFile(ts.MkAbs("server.log"))
		return bytes.Contains(data[at:], []byte("parley: listening on http://"))
	})
}

func cmdPort(ts *testscript.TestScript, _ bool, args []string) { ts.Setenv(args[0], freePort(ts)) }

func cmdAsk(ts *testscript.TestScript, _ bool, args []string) {
	got := ""
	eventually(ts, args[0]+" doesn't answer "+strings.Join(args[1:], " "), func() bool {
		resp, err := http.Get(args[0])
		if err != nil {
			got = err.Error()
			return false
		}
		defer resp.Body.Close()
		body, _ := io.ReadAll(resp.Body)
		got = resp.Status + "\n" + string(body)
		return strings.HasPrefix(resp.Status, args[1]) && (len(args) < 3 || bytes.Contains(body, []byte(args[2])))
	})
	ts.Logf("%s", got)
}

func freePort(ts *testscript.TestScript) string {
	address, err := freeport.Address()
	ts.Check(err)
	_, port, err := net.SplitHostPort(address)
	ts.Check(err)
	return port
}

// parleyAs returns parley with arguments, as a person, or as nobody.
func parleyAs(ts *testscript.TestScript, who string, args []string) *exec.Cmd {
	path, err := findParley(ts)
	ts.Check(err)
	cmd := exec.Command(path, args...)
	cmd.Dir = ts.MkAbs(".")
	cmd.Env = []string{
		"PATH=" + ts.Getenv("PATH"), "HOME=" + ts.MkAbs("no-home"), "TMPDIR=" + ts.Getenv("TMPDIR"),
		"PARLEY_POLICY=" + cmp.Or(ts.Getenv("PARLEY_POLICY"), "open"), // a script about strangers sets another
	}
	if who != "" {
		cmd.Env = append(cmd.Env, "PARLEY_HOME="+ts.MkAbs(who), passphraseVar+"="+passphraseOf(who))
	}
	return cmd
}

// findParley finds this test's own binary under the name of the program.
func findParley(ts *testscript.TestScript) (string, error) {
	for _, dir := range filepath.SplitList(ts.Getenv("PATH")) {
		if path := filepath.Join(dir, "parley"); isFile(path) {
			return path, nil
		}
	}
	return "", exec.ErrNotFound
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

func passphraseOf(who string) string { return "the passphrase of " + strings.TrimRight(who, "2") }

// person runs parley as somebody.
func person(who string) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		as(ts, who)
		err := ts.Exec("parley", args...)
		if err == nil && neg {
			ts.Fatalf("unexpected success")
		}
		if err != nil && !neg {
			ts.Fatalf("unexpected failure: %v", err)
		}
	}
}

// as sets the environment that makes parley somebody's. A script may set
// PASSPHRASE to have another one used.
func as(ts *testscript.TestScript, who string) {
	passphrase := ts.Getenv("PASSPHRASE")
	if passphrase == "" {
		passphrase = passphraseOf(who)
	}
	ts.Setenv("PARLEY_HOME", ts.MkAbs(who))
	ts.Setenv(passphraseVar, passphrase)
}

func cmdJoin(ts *testscript.TestScript, neg bool, args []string) {
	for _, who := range args {
		person(who)(ts, neg, []string{"login", "--server", ts.Getenv("SERVER"), "--new", who})
	}
}

func cmdBegin(ts *testscript.TestScript, _ bool, args []string) {
	who := args[0]
	cmd := parleyAs(ts, who, args[1:])
	out, err := os.Create(ts.MkAbs(who + ".out"))
	ts.Check(err)
	defer out.Close()
	errs, err := os.Create(ts.MkAbs(who + ".err"))
	ts.Check(err)
	defer errs.Close()
	cmd.Stdout, cmd.Stderr = out, errs
	ts.Check(cmd.Start())
	j := &background{cmd, make(chan error, 1)}
	go func() { j.done <- cmd.Wait() }()
	worldOf(ts).jobs[who] = j
}

func cmdFinish(ts *testscript.TestScript, neg bool, args []string) {
	w := worldOf(ts)
	j := w.jobs[args[0]]
	if j == nil {
		ts.Fatalf("nothing of %s runs", args[0])
	}
	delete(w.jobs, args[0])
	if len(args) > 1 {
		j.cmd.Process.Signal(map[string]os.Signal{"int": os.Interrupt, "term": syscall.SIGTERM, "kill": os.Kill}[args[1]])
	}
	select {
	case err := <-j.done:
		if (err != nil) != neg && (len(args) < 2 || args[1] != "kill") {
			ts.Fatalf("ended with %v:\n%s", err, ts.ReadFile(args[0]+".err"))
		}
	case <-time.After(patience):
		j.cmd.Process.Kill()
		<-j.done
		ts.Fatalf("it doesn't end")
	}
}

func cmdGuard(ts *testscript.TestScript, _ bool, args []string) {
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `{"success": %t}`, r.FormValue("secret") == "s3cret" && r.FormValue("response") == "quince")
	}))
	ts.Defer(site.Close)
	ts.Setenv(args[0], site.URL)
}

func cmdKeep(ts *testscript.TestScript, _ bool, args []string) {
	text := strings.TrimSpace(ts.ReadFile("stdout"))
	if text == "" {
		ts.Fatalf("nothing was printed")
	}
	ts.Setenv(args[0], text)
}

func cmdPick(ts *testscript.TestScript, _ bool, args []string) {
	values, err := fieldOf(ts.ReadFile("stdout"), args[1])
	ts.Check(err)
	n, err := strconv.Atoi(args[2])
	ts.Check(err)
	if n < 1 || n > len(values) {
		ts.Fatalf("%d lines were printed", len(values))
	}
	ts.Setenv(args[0], values[n-1])
}

func cmdAwait(ts *testscript.TestScript, _ bool, args []string) {
	eventually(ts, "no line in "+args[1], func() bool {
		data, _ := os.ReadFile(ts.MkAbs(args[1]))
		first, _, complete := strings.Cut(string(data), "\n")
		ts.Setenv(args[0], first)
		return complete
	})
}

func cmdExpect(ts *testscript.TestScript, _ bool, args []string) {
	eventually(ts, args[0]+" doesn't get "+args[1], func() bool {
		data, _ := os.ReadFile(ts.MkAbs(args[0]))
		return bytes.Contains(data, []byte(args[1]))
	})
}

func eventually(ts *testscript.TestScript, otherwise string, f func() bool) {
	for end := time.Now().Add(patience); !f(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			ts.Fatalf("%s", otherwise)
		}
	}
}

func cmdTexts(ts *testscript.TestScript, neg bool, args []string) {
	cmdField(ts, neg, append([]string{"text"}, args...))
}

func cmdField(ts *testscript.TestScript, neg bool, args []string) {
	got, err := fieldOf(ts.ReadFile("stdout"), args[0])
	ts.Check(err)
	if slices.Equal(got, args[1:]) == neg {
		ts.Fatalf("%s: got %q, want %q", args[0], got, args[1:])
	}
}

// fieldOf returns a field of each line of JSON.
func fieldOf(out, name string) ([]string, error) {
	var values []string
	for line := range strings.Lines(out) {
		object := map[string]any{}
		if err := json.Unmarshal([]byte(line), &object); err != nil {
			return nil, fmt.Errorf("%q: %v", line, err)
		}
		v, ok := object[name]
		if !ok {
			return nil, fmt.Errorf("%q has no %s", line, name)
		}
		values = append(values, fmt.Sprint(v))
	}
	return values, nil
}
