package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/pprof"
	"slices"
	"strings"
	"sync"
	"time"

	"parley/cmd/parley/internal/floor"
)

// benchChild is the first argument of the processes that bench starts:
//
//	parley bench child server DIR [FLAG…]   parley serve on DIR
//	parley bench child postgres DIR         a PostgreSQL in DIR
//	parley bench child floor DIR            the floor
//
// Each says on standard error where it listens, as serve does. Standard input
// controls it: "profile FILE" and "profiled" begin and end a CPU profile; its end,
// which comes with that of bench however that ends, ends the child.
const benchChild = "child"

func runBenchChild(ctx context.Context, p *program, args []string) error {
	if len(args) < 2 {
		return usagef("%s is for bench itself", benchChild)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		defer cancel()
		p.control()
	}()
	switch args[0] {
	case "server":
		flags := append([]string{"--data", args[1], "--listen", "127.0.0.1:0", "--private", "127.0.0.1:0"}, generousRates...)
		return runServe(ctx, p, append(flags, args[2:]...))
	case "postgres":
		return p.servePostgres(ctx, args[1])
	case "floor":
		return p.serveFloor(ctx, args[1], slices.Contains(args[2:], floorTogether))
	}
	return usagef("%s is for bench itself", benchChild)
}

// generousRates let one device send as much as a thousand people. The server still
// counts, and still refuses what would wait for too long.
var generousRates = []string{
	"--rate-request", "1000000000/1ns", "--rate-send", "1000000000/1ns", "--rate-anonymous", "1000000000/1ns", "--rate-bytes", "1000000GiB",
}

// control follows standard input to its end.
func (p *program) control() {
	lines := bufio.NewScanner(p.stdin)
	var file *os.File
	for lines.Scan() {
		verb, path, _ := strings.Cut(lines.Text(), " ")
		switch {
		case verb == "profile" && file == nil:
			var err error
			if file, err = os.Create(path); err != nil {
				p.note("no profile: %v", err)
				continue
			}
			if err := pprof.StartCPUProfile(file); err != nil {
				p.note("no profile: %v", err)
			}
		case verb == "profiled" && file != nil:
			pprof.StopCPUProfile()
			file.Close()
			file = nil
		}
	}
	pprof.StopCPUProfile()
}

// floorTogether is a word for the floor's child.
const floorTogether = "together"

// serveFloor runs the floor until ctx ends.
func (p *program) serveFloor(ctx context.Context, dir string, together bool) error {
	file, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		return err
	}
	defer file.Close()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	f := floor.New(file)
	f.Together = together
	defer f.Close()
	defer context.AfterFunc(ctx, func() { l.Close() })()
	p.note("listening on http://%s", l.Addr())
	return f.Serve(l)
}

// A benchProcess is a child.
type benchProcess struct {
	url   string
	cmd   *exec.Cmd
	stdin io.WriteCloser
	done  chan struct{} // closed when it has ended

	mu      sync.Mutex // guards what follows
	tail    []string   // the newest lines that it wrote
	private string     // the address of its private port, or empty
}

// childTime bounds how long a child may take to start or end.
const childTime = 30 * time.Second

// startChild starts one and waits until it listens.
func startChild(ctx context.Context, args ...string) (*benchProcess, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	c := &benchProcess{done: make(chan struct{})}
	c.cmd = &exec.Cmd{Path: self, Args: append([]string{os.Args[0], "bench", benchChild}, args...), Env: append(cleanEnvironment(), "PARLEY_POLICY=open")}
	if c.stdin, err = c.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	c.cmd.Stderr = w
	err = c.cmd.Start()
	w.Close()
	if err != nil {
		r.Close()
		return nil, err
	}
	listening := make(chan string, 1)
	go c.follow(r, listening)
	select {
	case c.url = <-listening:
		return c, nil
	case <-c.done:
		return nil, fmt.Errorf("the server that bench started ended: %s", c.last())
	case <-time.After(childTime):
		err = errors.New("the server that bench started doesn't listen")
	case <-ctx.Done():
		err = ctx.Err()
	}
	c.stop()
	return nil, err
}

// cleanEnvironment leaves out what configures serve.
func cleanEnvironment() (env []string) {
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "PARLEY_") {
			env = append(env, v)
		}
	}
	return env
}

// follow reads what the child writes until it ends.
func (c *benchProcess) follow(r *os.File, listening chan<- string) {
	defer close(c.done)
	defer c.cmd.Wait()
	defer r.Close()
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		if url, ok := strings.CutPrefix(lines.Text(), "parley: listening on "); ok {
			select {
			case listening <- url:
			default:
			}
			continue
		}
		c.mu.Lock()
		if m := privateLine.FindStringSubmatch(lines.Text()); m != nil {
			c.private = m[1]
		}
		c.tail = append(c.tail, lines.Text())
		c.tail = c.tail[max(len(c.tail)-20, 0):]
		c.mu.Unlock()
	}
}

// last returns the newest line that the child wrote.
func (c *benchProcess) last() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.tail) == 0 {
		return "it said nothing"
	}
	return c.tail[len(c.tail)-1]
}

// tell writes a line to the child.
func (c *benchProcess) tell(format string, args ...any) {
	fmt.Fprintf(c.stdin, format+"\n", args...) // a child that has ended is noticed elsewhere
}

// stop ends the child: at first by asking.
func (c *benchProcess) stop() {
	c.stdin.Close()
	select {
	case <-c.done:
	case <-time.After(childTime):
		c.cmd.Process.Kill()
		<-c.done
	}
}
