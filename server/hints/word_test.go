package hints

import (
	"errors"
	"log/slog"
	"net"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
)

// TestLocalPort: the port that the embedded server insists on is on the loopback
// interface, and refuses other processes.
func TestLocalPort(t *testing.T) {
	n, err := OpenNATS(t.Context(), Options{Listen: "127.0.0.1:0", Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	if at, ok := n.server.Addr().(*net.TCPAddr); !ok || !at.IP.IsLoopback() {
		t.Errorf("it listens at %v", n.server.Addr())
	}
	for _, o := range [][]nats.Option{{}, {nats.Token("parley")}} {
		if conn, err := nats.Connect(n.server.ClientURL(), append(o, nats.Timeout(time.Minute))...); !errors.Is(err, nats.ErrAuthorization) {
			conn.Close()
			t.Errorf("another process: %v; want it refused", err)
		}
	}
}
