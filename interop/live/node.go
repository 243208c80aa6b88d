package live

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
)

// A node is the process of one peer.
type node struct {
	mu     sync.Mutex // guards all below: one request at a time
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *bufio.Scanner
	nextID int
}

// errNoNode says that the peers are not installed; `make interop` does it.
var errNoNode = errors.New("live: ../node/node_modules is missing: run `make interop`, or npm ci --ignore-scripts in interop/node")

// maxAnswer bounds a line of a peer, in bytes.
const maxAnswer = 64 << 20

// startNode starts the driver of that name, a file of ../node.
func startNode(driver string) (*node, error) {
	dir := filepath.Join("..", "node")
	if _, err := os.Stat(filepath.Join(dir, "node_modules")); err != nil {
		return nil, errNoNode
	}
	cmd := exec.Command("node", driver)
	cmd.Dir, cmd.Stderr = dir, os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	n := &node{cmd: cmd, in: in, out: bufio.NewScanner(out)}
	n.out.Buffer(make([]byte, 1<<16), maxAnswer)
	return n, nil
}

// close ends the process.
func (n *node) close() error {
	_ = n.in.Close()
	return n.cmd.Wait()
}

// request and answer are a line each; []byte is base64 in JSON.
type request struct {
	ID     int    `json:"id"`
	Client string `json:"client"`
	Method string `json:"method"`
	Params any    `json:"params,omitempty"`
}

type answer struct {
	ID     int             `json:"id"`
	Result json.RawMessage `json:"result"`
	Error  *string         `json:"error"`
}

// call asks the peer; result may be nil.
func (n *node) call(client, method string, params, result any) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.nextID++
	line, err := json.Marshal(request{n.nextID, client, method, params})
	if err != nil {
		return err
	}
	if _, err := n.in.Write(append(line, '\n')); err != nil {
		return err
	}
	if !n.out.Scan() {
		return fmt.Errorf("live: the peer ended: %w", errors.Join(n.out.Err(), io.ErrUnexpectedEOF))
	}
	var a answer
	if err := json.Unmarshal(n.out.Bytes(), &a); err != nil {
		return fmt.Errorf("live: %q: %v", n.out.Text(), err)
	}
	switch {
	case a.ID != n.nextID:
		return fmt.Errorf("live: answer %d to request %d", a.ID, n.nextID)
	case a.Error != nil && *a.Error == "unsupported":
		return errPeerCannot
	case a.Error != nil:
		return fmt.Errorf("%s of the peer: %s", method, *a.Error)
	case result == nil:
		return nil
	}
	return json.Unmarshal(a.Result, result)
}
