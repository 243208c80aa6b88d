package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// crasher is a program that needs what is kept of its tables: it grows stacks,
// collects garbage, recovers, and ends by a panic.
const crasher = `package main

import (
	"errors"
	"runtime"
	"runtime/debug"
)

func deep(n int) []byte {
	var room [200]byte
	room[n%200] = byte(n)
	if n == 0 {
		runtime.GC()
		return room[:]
	}
	return append(deep(n-1), room[n%200])
}

func caught() (err error) {
	defer func() { err = errors.New(recover().(string)) }()
	panic("caught")
}

func falls(m map[string]int) { m["x"] = 1 }

func main() {
	debug.SetGCPercent(1)
	done := make(chan int)
	for range 20 {
		go func() { done <- len(deep(300)) }()
	}
	for range 20 {
		if <-done != 500 {
			println("wrong")
		}
	}
	println("alive,", caught().Error())
	falls(nil)
}
`

// A program without its lines runs, and its crash names the functions.
func TestDropLines(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		lacking(t, "node isn't installed")
	}
	dir := t.TempDir()
	source, file := filepath.Join(dir, "main.go"), filepath.Join(dir, "main.wasm")
	if err := os.WriteFile(source, []byte(crasher), 0o644); err != nil {
		t.Fatal(err)
	}
	compile := exec.Command("go", "build", "-ldflags=-s -w", "-o", file, source)
	compile.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	if out, err := compile.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	dropped := false
	small, err := joinSegments(whole, func(segments []segment) { dropped = dropLines(segments) })
	if err != nil || !dropped {
		t.Fatalf("dropped %v, %v", dropped, err)
	}
	before, after := crash(t, node, file, whole), crash(t, node, file, small)
	for what, want := range map[string]bool{"alive, caught": true, "main.falls": true, "assignment to entry in nil map": true, "main.go:": false} {
		if !strings.Contains(before, what) || strings.Contains(after, what) != want {
			t.Errorf("%q: want %v after, and true before\nbefore: %s\nafter: %s", what, want, before, after)
		}
	}
	if size := func(b []byte) int { s, _ := gzipped(b); return len(s) }; size(small) > size(whole)*95/100 {
		t.Errorf("%d bytes compressed; with its lines it has %d", size(small), size(whole))
	}
}

// crash runs a program and returns what it wrote.
func crash(t *testing.T, node, file string, wasm []byte) string {
	t.Helper()
	if err := os.WriteFile(file, wasm, 0o644); err != nil {
		t.Fatal(err)
	}
	runtime, err := runtimeFile()
	if err != nil {
		t.Fatal(err)
	}
	out, _ := exec.Command(node, strings.TrimSuffix(runtime, ".js")+"_node.js", file).CombinedOutput() // it ends with an error
	return string(out)
}

// What isn't the tables of this version of Go stays as it is.
func TestDropLinesRefuses(t *testing.T) {
	for name, data := range map[string]string{
		"nothing": "", "other bytes": "abc", "a header alone": tablesMagic,
		"a header of nothing": tablesMagic + strings.Repeat("\x00", 200), "of too much": tablesMagic + strings.Repeat("\xff", 200),
	} {
		segments := []segment{{0, []byte(data)}}
		if dropLines(segments) || !bytes.Equal(segments[0].data, []byte(data)) {
			t.Errorf("%s was changed", name)
		}
	}
}

// lacking skips a test for want of a tool, and fails it where the tools have to be
// there.
func lacking(t *testing.T, reason string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(reason)
	}
	t.Skip(reason)
}
