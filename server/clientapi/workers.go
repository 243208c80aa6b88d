package clientapi

import (
	"sync"
	"sync/atomic"
)

// What a worker can be asked to do.
type taskKind uint8

const (
	taskRequest taskKind = iota // run job and answer it
	taskPush                    // push to the stream
	taskFlush                   // write what waits
)

// A task is something to do for a stream.
type task struct {
	stream *stream // nil: the worker ends
	kind   taskKind
	job    *job // of taskRequest
}

// A job is a request and the bytes that it was decoded from.
type job struct {
	request
	message []byte
}

var jobs = sync.Pool{New: func() any { return new(job) }}

// recycle gives j to another request. Nobody may look at it, or its bytes, any
// more.
func (j *job) recycle() {
	if cap(j.message) > largeRead {
		return
	}
	message := j.message
	*j = job{message: message}
	jobs.Put(j)
}

// workers are goroutines that live on from task to task, so that their stacks
// needn't grow each time. There are as many as tasks that wait at once, for the
// store or for a client that reads slowly: each stream bounds its own.
type workers struct {
	tasks chan task // unbuffered: one is given to a worker that waits
	idle  atomic.Int64
	busy  sync.WaitGroup // tasks
}

func newWorkers() *workers { return &workers{tasks: make(chan task)} }

// do has t done soon. It doesn't wait.
func (w *workers) do(t task) {
	w.busy.Add(1)
	select {
	case w.tasks <- t:
	default:
		go w.work(t)
	}
}

func (w *workers) work(t task) {
	for t.stream != nil {
		t.do()
		w.busy.Done()
		w.idle.Add(1)
		t = <-w.tasks
		w.idle.Add(-1)
	}
}

// retire ends some of the workers that have nothing to do.
func (w *workers) retire() {
	for range w.idle.Load()/8 + 1 {
		select {
		case w.tasks <- task{}:
		default:
			return
		}
	}
}

// close ends all workers once they are done. Nobody but they may ask anything of
// them any more.
func (w *workers) close() {
	w.busy.Wait()
	close(w.tasks)
}

func (t task) do() {
	s := t.stream
	defer s.api.recovered("stream", s.kill)
	switch t.kind {
	case taskRequest:
		s.serve(t.job)
	case taskPush:
		s.push()
	case taskFlush:
		s.flush()
	}
}
