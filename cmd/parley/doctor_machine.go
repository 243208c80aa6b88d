package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Below these the doctor says something.
const (
	fewFiles   = 65536    // open files
	littleDisk = 10       // percent of the disk
	scarceDisk = 1 << 30  // bytes
	fewInodes  = 10000    // files that can still be made
	certSoon   = 14 * day // of a certificate's end
	day        = 24 * time.Hour
)

// built is a moment before which no right clock is.
var built = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// checkMachine looks at the clock and the limit on open files.
func (d *doctor) checkMachine() {
	sync, known := clockSynchronised()
	switch {
	case time.Now().Before(built):
		d.fail("clock", "the system's clock stands in "+time.Now().UTC().Format(time.DateOnly), "set the clock, and keep it by NTP")
	case known && !sync:
		d.warn("clock", "the system doesn't keep its clock by others", "run chrony or systemd-timesyncd: sessions, and what expires, go by the clock")
	default:
		d.ok("clock", "%s", time.Now().UTC().Format(time.RFC3339))
	}
	if limit := fileLimit(); limit != 0 && limit < fewFiles {
		d.warn("open files", fmt.Sprintf("a process started like this one may open %d files; each client takes one", limit), "LimitNOFILE=1048576 in the unit, or ulimit -n")
	} else {
		d.ok("open files", "%d", limit)
	}
}

// checkDisk looks at the room where dir is.
func (d *doctor) checkDisk(dir string) {
	free, size, files, ok := diskSpace(dir)
	switch {
	case !ok:
		return
	case free < uint64(d.cfg.reserve):
		d.fail("disk", fmt.Sprintf("%d MiB free: less than the reserve, so that the server takes nothing", free>>20), "make room: nothing that was acknowledged is lost")
	case free < scarceDisk || free < size/100*littleDisk:
		d.warn("disk", fmt.Sprintf("%d MiB of %d MiB free", free>>20, size>>20), "make room or move the data to a larger disk")
	case files != 0 && files < fewInodes:
		d.warn("disk", fmt.Sprintf("only %d more files can be made", files), "make room, or a file system with more inodes")
	default:
		d.ok("disk", "%d MiB of %d MiB free", free>>20, size>>20)
	}
}

// checkTLS reads the certificates of the public listener.
func (d *doctor) checkTLS() {
	t := d.cfg.tls
	if t.cert == "" {
		return
	}
	var hosts []string
	for _, o := range d.cfg.origins {
		if u, err := url.Parse(o); err == nil && u.Scheme == "https" {
			hosts = append(hosts, u.Hostname())
		}
	}
	d.checkCertificate("tls", t.cert, t.key, hosts)
}

// checkNodes reads the files by which nodes prove themselves to each other, and
// looks for the names of their routes.
func (d *doctor) checkNodes() {
	if d.cfg.hints != "nats" {
		return
	}
	if d.cfg.natsCert != "" {
		d.checkCertificate("nats tls", d.cfg.natsCert, d.cfg.natsKey, nil)
		pem, err := os.ReadFile(d.cfg.natsCA)
		if err == nil && !x509.NewCertPool().AppendCertsFromPEM(pem) {
			err = errors.New("no certificate in it")
		}
		if err != nil {
			d.fail("nats tls", "nats_ca: "+err.Error(), "give the file of the authority that signs the nodes' certificates")
		}
	}
	for _, route := range d.cfg.natsRoutes {
		host, _, _ := net.SplitHostPort(route)
		if _, err := net.LookupHost(host); err != nil {
			d.warn("nats routes", "the name of a route has no address: "+host, "check nats_routes and the name service")
		}
	}
}

// checkCertificate reads a pair of files and says what clients will.
func (d *doctor) checkCertificate(check, cert, key string, hosts []string) {
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		d.fail(check, "certificate and key can't be used: "+err.Error(), "give the chain and its key as PEM, readable for the server's user")
		return
	}
	leaf := pair.Leaf
	left := time.Until(leaf.NotAfter)
	switch {
	case left <= 0:
		d.fail(check, "the certificate ended on "+leaf.NotAfter.UTC().Format(time.DateOnly), "renew it: the server reads the files again by itself")
	case time.Now().Before(leaf.NotBefore):
		d.fail(check, "the certificate begins on "+leaf.NotBefore.UTC().Format(time.RFC3339), "check the clock")
	case left < certSoon:
		d.warn(check, "the certificate ends on "+leaf.NotAfter.UTC().Format(time.DateOnly), "renew it: the server reads the files again by itself")
	default:
		d.ok(check, "the certificate lasts until %s", leaf.NotAfter.UTC().Format(time.DateOnly))
	}
	for _, host := range hosts {
		if leaf.VerifyHostname(host) != nil {
			d.fail(check, "the certificate is not for "+host+", which origins names", "get one for every name in origins")
		}
	}
	if info, err := os.Stat(key); err == nil && info.Mode().Perm()&0o007 != 0 {
		d.fail(check, "everybody on this machine can read the key", "chmod o-rwx "+filepath.Clean(key))
	}
}

// sizeOf returns the bytes and the newest time of the files of a directory.
func sizeOf(dir string) (bytes int64, newest time.Time) {
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() && !strings.HasPrefix(e.Name(), ".") {
			bytes += info.Size()
			if info.ModTime().After(newest) {
				newest = info.ModTime()
			}
		}
	}
	return bytes, newest
}
