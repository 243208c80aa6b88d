package clientapi

import (
	"errors"
	"io"
	"net/http"
	"sync/atomic"
	"time"

	"parley/wire"
)

// What moves at least: 64 KiB in each WriteTimeout. Who is slower is cut, and goes
// on from where it was.
const paceBytes = 64 << 10

// A paced reads the body of a part. It ends with an error where the body is too
// slow, or somebody interrupts it.
type paced struct {
	body     io.Reader
	control  *http.ResponseController
	began    time.Time
	first    time.Duration // for the first bytes
	pace     time.Duration // for paceBytes
	read     int64
	err      error // that ended it; nil for io.EOF
	stopping atomic.Bool
}

var errInterrupted = errors.New("clientapi: a part was interrupted")

func newPaced(w http.ResponseWriter, r *http.Request, o Options) *paced {
	return &paced{
		body: r.Body, control: http.NewResponseController(w), began: time.Now(),
		first: min(o.MessageTimeout, 2*o.WriteTimeout), pace: o.WriteTimeout,
	}
}

// Read implements [io.Reader].
func (p *paced) Read(b []byte) (int, error) {
	if !p.stopping.Load() {
		allowed := p.first + time.Duration(float64(p.pace)*float64(p.read)/paceBytes)
		p.control.SetReadDeadline(p.began.Add(allowed))
	}
	if p.stopping.Load() { // it may have come before the deadline was set
		p.err = errInterrupted
		return 0, p.err
	}
	n, err := p.body.Read(b)
	p.read += int64(n)
	if err != nil && err != io.EOF {
		p.err = err
	}
	return n, err
}

// interrupt makes Read end soon.
func (p *paced) interrupt() {
	p.stopping.Store(true)
	p.control.SetReadDeadline(time.Unix(1, 0))
}

// end leaves a deadline to whoever reads the rest of the body, which is the HTTP
// server: none waits for it.
func (p *paced) end() {
	if p.err != nil || p.stopping.Load() {
		p.control.SetReadDeadline(time.Unix(1, 0))
		return
	}
	p.control.SetReadDeadline(time.Now().Add(p.first))
}

// errCutOff is what a client is told whose part didn't come whole. What came is kept.
var errCutOff = refuseFor(wire.CodeUnavailable, "The part was cut off; go on from where the upload is.", 200)
