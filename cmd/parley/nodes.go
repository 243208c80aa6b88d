package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"

	"parley/server/hints"
)

// openHints joins the other nodes, if there are any.
func (s *running) openHints(ctx context.Context) error {
	cfg := s.cfg
	if cfg.hints != "nats" {
		return nil
	}
	o := hints.Options{
		Listen: cfg.natsListen, Advertise: cfg.natsPublic, Peers: cfg.natsRoutes,
		Site: cfg.domain, Logger: s.log,
	}
	if cfg.natsCert != "" {
		var err error
		if o.TLS, err = nodeTLS(cfg.natsCert, cfg.natsKey, cfg.natsCA); err != nil {
			return fmt.Errorf("%w (nats_tls)", err)
		}
	}
	n, err := hints.OpenNATS(ctx, o)
	if err != nil {
		return fmt.Errorf("can't talk to other nodes on %s: %w (nats)", cfg.natsListen, err)
	}
	s.hints, s.hintsStats = n, func() any { return n.Stats() }
	s.onClose(n.Close)
	return nil
}

// nodeTLS reads the files by which a node proves itself and knows others.
func nodeTLS(cert, key, ca string) (*tls.Config, error) {
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		return nil, fmt.Errorf("nats_cert and nats_key can't be used: %w", err)
	}
	pem, err := os.ReadFile(ca)
	if err != nil {
		return nil, fmt.Errorf("nats_ca: %w", err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, errors.New("nats_ca: there is no certificate in the file")
	}
	return &tls.Config{Certificates: []tls.Certificate{pair}, RootCAs: roots, MinVersion: tls.VersionTLS13}, nil
}
