package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// controlName is the socket in the data directory by which the operator's
// commands reach a running server. Who can open it is who can read the data
// anyway: it has mode 0600 in a directory of mode 0700.
const controlName = "control.sock"

// A control answers on the socket:
//
//	GET  /status   JSON of serverStatus
//	POST /backup   the archive of a backup: see archive.go
//	POST /verify   JSON lines of finding, the last of them the result
//	POST /blob/take-down/ID
//	GET  /franking JSON of wire.FrankingKeys
//	POST /franking/rotate?in=DURATION   the same, after a rotation
//	POST /policy/reload    422 with what is wrong
type control struct {
	path string
	dir  *os.File // keeps a short name for a directory with a long one
	http *http.Server
}

// A serverStatus is what a running server says of itself to its operator.
type serverStatus struct {
	PID       int       `json:"pid"`
	Version   string    `json:"version"`
	URL       string    `json:"url"`
	OpenFiles uint64    `json:"open_files_limit"`
	Ready     readiness `json:"readiness"`
}

func openControl(s *running) (*control, error) {
	c := &control{path: filepath.Join(s.cfg.data, controlName)}
	// The data directory is locked: what is there is of a server that was killed.
	if err := os.Remove(c.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	bind, dir, err := socketPath(s.cfg.data)
	if err != nil {
		return nil, err
	}
	c.dir = dir
	var listener net.Listener
	err = privately(func() (err error) { // the socket must not be open to others for a moment either
		listener, err = net.Listen("unix", bind)
		return err
	})
	if err != nil {
		return nil, errors.Join(err, c.dir.Close())
	}
	listener.(*net.UnixListener).SetUnlinkOnClose(false) // by a name that may have changed
	mux := http.NewServeMux()
	mux.HandleFunc("GET /status", s.serveStatus)
	mux.HandleFunc("POST /backup", s.serveBackup)
	mux.HandleFunc("POST /verify", s.serveVerify)
	mux.HandleFunc("POST /blob/take-down/{id}", s.serveTakeDown)
	mux.HandleFunc("GET /franking", s.serveFranking)
	mux.HandleFunc("POST /franking/rotate", s.serveFranking)
	mux.HandleFunc("POST /policy/reload", s.serveReload)
	c.http = &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second, ErrorLog: quiet()}
	go c.http.Serve(listener)
	return c, nil
}

// close ends it, and the backups that run.
func (c *control) close() error {
	return errors.Join(c.http.Close(), os.Remove(c.path), c.dir.Close())
}

// maxSocketPath is the longest name of a socket that systems take.
const maxSocketPath = 100

// socketPath returns a name for the control socket of a data directory that is
// short enough, and what must stay open while it is used.
func socketPath(data string) (string, *os.File, error) {
	dir, err := os.Open(data)
	if err != nil {
		return "", nil, err
	}
	path := filepath.Join(data, controlName)
	if len(path) > maxSocketPath {
		path = "/proc/self/fd/" + strconv.Itoa(int(dir.Fd())) + "/" + controlName
	}
	return path, dir, nil
}

// errNotRunning is returned where no server answers for a data directory.
var errNotRunning = errors.New("no server runs on this data directory")

// controlClient returns a client of the server that runs on a data directory, and
// what it says of itself; else errNotRunning.
func controlClient(ctx context.Context, data string) (*http.Client, serverStatus, error) {
	var status serverStatus
	client := &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			path, dir, err := socketPath(data)
			if err != nil {
				return nil, err
			}
			defer dir.Close()
			var d net.Dialer
			return d.DialContext(ctx, "unix", path)
		},
	}}
	resp, err := controlDo(ctx, client, http.MethodGet, "/status")
	switch {
	case errors.Is(err, fs.ErrPermission):
		return nil, status, fmt.Errorf("the server's control socket is its user's: run this as that user: %w", fs.ErrPermission)
	case err != nil:
		return nil, status, errNotRunning
	}
	defer resp.Body.Close()
	return client, status, json.NewDecoder(resp.Body).Decode(&status)
}

// controlDo requests something of a running server.
func controlDo(ctx context.Context, client *http.Client, method, path string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, "http://parley"+path, nil)
	if err != nil {
		return nil, err
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		resp.Body.Close()
		return nil, fmt.Errorf("the server answers %s: see its log", resp.Status)
	}
	return resp, nil
}

func (s *running) serveStatus(w http.ResponseWriter, r *http.Request) {
	json.NewEncoder(w).Encode(serverStatus{
		PID: os.Getpid(), Version: version(), URL: s.url, OpenFiles: fileLimit(), Ready: s.health.check(r.Context()),
	})
}
