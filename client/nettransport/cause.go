package nettransport

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"syscall"

	"github.com/gobwas/ws/wsutil"

	"parley/client/transport"
)

// explain returns what err of the network means to a caller with ctx.
func explain(ctx context.Context, err error) error { return transport.Explain(ctx, plainCause(err)) }

// plainCause says in fixed words why there is no answer. The error's own text is
// not used: it may quote what the other side sent, or a URL.
func plainCause(err error) string {
	if text := certificateCause(err); text != "" {
		return text
	}
	var (
		dns     *net.DNSError
		timeout net.Error
		op      *net.OpError
		closed  wsutil.ClosedError
	)
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		return "the server's name is unknown"
	case errors.As(err, &dns):
		return "the server's name can't be looked up"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "nothing listens at the server's address"
	case errors.As(err, &timeout) && timeout.Timeout():
		return "no answer in time"
	case errors.Is(err, transport.ErrTooLarge), errors.Is(err, wsutil.ErrFrameTooLarge), errors.Is(err, wsutil.ErrMessageTooLarge):
		return transport.ErrTooLarge.Error()
	case errors.Is(err, transport.ErrSilent), errors.Is(err, transport.ErrClosed):
		return err.Error()
	case errors.As(err, &closed):
		return "the server closed the stream"
	case errors.As(err, &op) && op.Op == "dial":
		return "the server can't be reached"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed),
		errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "the connection broke off"
	}
	return "what answers there is no Parley server"
}

// certificateCause says what is wrong with the server's certificate, if that is
// what err is about.
func certificateCause(err error) string {
	var (
		unknown x509.UnknownAuthorityError
		name    x509.HostnameError
		invalid x509.CertificateInvalidError
		verify  *tls.CertificateVerificationError
		record  tls.RecordHeaderError
		alert   tls.AlertError
	)
	switch {
	case errors.As(err, &unknown):
		return "the server's certificate is signed by nobody this machine trusts"
	case errors.As(err, &name):
		return "the server's certificate is for another name"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "the server's certificate has expired, or this machine's clock is wrong"
	case errors.As(err, &verify), errors.As(err, &invalid):
		return "the server's certificate is not valid"
	case errors.As(err, &record), errors.Is(err, http.ErrSchemeMismatch):
		return "the server doesn't speak TLS: is it http:// rather than https://?"
	case errors.As(err, &alert):
		return "the server refused the TLS connection"
	}
	return ""
}
