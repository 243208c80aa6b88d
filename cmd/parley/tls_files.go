package main

import (
	"crypto/tls"
	"log/slog"
	"os"
	"sync"
	"time"
)

// certFiles is a certificate of two files, which are read again when they have
// changed. As long as what is there now can't be used, the one before is.
type certFiles struct {
	cert, key string
	log       *slog.Logger
	seldom    *seldom // when to look

	mu    sync.Mutex // guards what follows
	pair  *tls.Certificate
	stamp stamp // of the files when they were last read
}

// A stamp tells whether files have changed.
type stamp [2]struct {
	size     int64
	modified time.Time
}

// lookEvery bounds how often the files are looked at.
const lookEvery = time.Second

func openCertFiles(cert, key string, log *slog.Logger) (*certFiles, error) {
	f := &certFiles{cert: cert, key: key, log: log, seldom: newSeldom(lookEvery)}
	f.stamp, _ = f.look() // before they are read: what changes meanwhile is seen the next time
	pair, err := tls.LoadX509KeyPair(cert, key)
	f.pair = &pair
	return f, err
}

// get is for tls.Config.GetCertificate.
func (f *certFiles) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.seldom.now() {
		f.refresh()
	}
	return f.pair, nil
}

// refresh reads the files if they have changed. The caller holds mu.
func (f *certFiles) refresh() {
	now, err := f.look()
	if err != nil || now == f.stamp {
		return // half-way through being replaced, or as before
	}
	f.stamp = now
	pair, err := tls.LoadX509KeyPair(f.cert, f.key)
	if err != nil {
		f.log.Error("the changed certificate can't be used; the one before stays", "error", err)
		return
	}
	f.pair = &pair
	f.log.Info("certificate read again", "expires", pair.Leaf.NotAfter.UTC().Format(time.RFC3339))
}

func (f *certFiles) look() (s stamp, err error) {
	for i, name := range []string{f.cert, f.key} {
		info, err := os.Stat(name)
		if err != nil {
			return s, err
		}
		s[i].size, s[i].modified = info.Size(), info.ModTime()
	}
	return s, nil
}

// A seldom says yes at most once in a time. It is safe for concurrent use.
type seldom struct {
	every time.Duration
	mu    sync.Mutex // guards last
	last  time.Time
}

func newSeldom(every time.Duration) *seldom { return &seldom{every: every} }

func (s *seldom) now() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := time.Now(); s.last.IsZero() || now.Sub(s.last) >= s.every {
		s.last = now
		return true
	}
	return false
}
