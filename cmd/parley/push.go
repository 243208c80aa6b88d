package main

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"strings"

	"parley/server"
	"parley/server/webpush"
)

// openPush returns what wakes devices; nil where that is off.
func (s *running) openPush(ctx context.Context) (server.Pusher, error) {
	cfg := s.cfg.push
	if !cfg.on {
		return nil, nil
	}
	key, err := webpush.SiteKey(ctx, s.store)
	if err != nil {
		return nil, err
	}
	roots, err := rootsOf(cfg.ca)
	if err != nil {
		return nil, fmt.Errorf("push_ca: %w (push_ca)", err)
	}
	sender, err := webpush.New(webpush.Options{Key: key, Subject: s.pushSubject(), Hosts: cfg.hosts, Roots: roots})
	if err != nil {
		return nil, err
	}
	s.onClose(sender.Close)
	return sender, nil
}

// pushSubject is where push services find the operator.
func (s *running) pushSubject() string {
	if s.cfg.push.subject != "" {
		return s.cfg.push.subject
	}
	for _, o := range s.origins() {
		if strings.HasPrefix(o, "https://") {
			return o
		}
	}
	return ""
}

// rootsOf reads certificates; nil, the system's, without a file.
func rootsOf(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, errors.New("there is no certificate in it")
	}
	return roots, nil
}
