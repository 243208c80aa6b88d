package pgfault

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"parley/server/pgstore"
	"parley/server/pgstore/pgtest"
)

// rounds is how often something is killed: PARLEY_TORTURE_ROUNDS, else few.
func rounds(t *testing.T, few int) int {
	v := os.Getenv("PARLEY_TORTURE_ROUNDS")
	if v == "" {
		return few
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < 1 {
		t.Fatalf("PARLEY_TORTURE_ROUNDS=%q", v)
	}
	return n
}

// shake waits for a random while, in which the nodes work.
func shake() { time.Sleep(200*time.Millisecond + rand.N(600*time.Millisecond)) }

// begin makes the tables and the site.
func begin(t *testing.T, dsn string) {
	t.Helper()
	s, err := pgstore.Open(t.Context(), dsn, pgstore.Options{Migrate: true, Logger: slog.New(slog.DiscardHandler), Timeout: timeout})
	if err != nil {
		t.Fatal(err)
	}
	makeSite(t, s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// awaitMore waits until nodes have sent n messages more.
func awaitMore(t *testing.T, what *told, n int) {
	t.Helper()
	want := what.count() + n
	for range 1200 {
		if what.count() >= want {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("the nodes don't go on: %d messages; want %d", what.count(), want)
}

// TestTortureDatabase kills the database under the load of two nodes and starts it
// again.
func TestTortureDatabase(t *testing.T) {
	db := pgtest.Start(t, pgtest.Options{})
	dsn := db.DSN("postgres")
	begin(t, dsn)
	var what told
	w := watch(t, dsn)
	a, b := startNode(t, dsn, "a", &what), startNode(t, dsn, "bb", &what)
	for range rounds(t, 3) {
		awaitMore(t, &what, 20)
		shake()
		db.Kill()
		if err := db.Start(); err != nil {
			t.Fatal(err)
		}
	}
	awaitMore(t, &what, 50)
	a.finish()
	b.finish()
	w.check(&what)
	t.Logf("%d messages", what.count())
}

// TestTortureNode kills a node under load, and starts another in its place.
func TestTortureNode(t *testing.T) {
	db := pgtest.Start(t, pgtest.Options{})
	dsn := db.DSN("postgres")
	begin(t, dsn)
	var what told
	w := watch(t, dsn)
	nodes := []*process{startNode(t, dsn, "a", &what), startNode(t, dsn, "bb", &what), startNode(t, dsn, "ccc", &what)}
	for n := range rounds(t, 4) {
		awaitMore(t, &what, 20)
		shake()
		victim := rand.IntN(len(nodes))
		nodes[victim].kill()
		nodes[victim] = startNode(t, dsn, fmt.Sprintf("k%d", n), &what)
	}
	awaitMore(t, &what, 50)
	for _, n := range nodes {
		n.finish()
	}
	w.check(&what)
	t.Logf("%d messages", what.count())
}

// TestTortureFailover kills the primary, which has two synchronous standbys, and
// promotes the one that has more; the other follows it, and the one that was
// killed comes back as a standby.
func TestTortureFailover(t *testing.T) {
	c := newCluster(t)
	dsn := pgtest.DSNs("postgres", c.servers...)
	begin(t, dsn)
	c.synchronous()
	var what told
	w := watch(t, dsn)
	a, b := startNode(t, dsn, "a", &what), startNode(t, dsn, "bb", &what)
	for range max(1, rounds(t, 10)/10) {
		awaitMore(t, &what, 20)
		shake()
		c.failover()
		awaitMore(t, &what, 20)
		c.rejoin()
	}
	awaitMore(t, &what, 50)
	a.finish()
	b.finish()
	w.check(&what)
	t.Logf("%d messages", what.count())
}

// A cluster is a primary and two standbys.
type cluster struct {
	t       *testing.T
	servers []*pgtest.Server
	primary int
	dead    int // -1: none
}

func newCluster(t *testing.T) *cluster {
	t.Helper()
	c := &cluster{t: t, dead: -1}
	// What a standby may still need is kept: else one that was slow can't follow.
	keep := map[string]string{"wal_keep_size": "512MB"}
	c.servers = append(c.servers, pgtest.Start(t, pgtest.Options{Settings: keep}))
	for i := 1; i <= 2; i++ {
		c.servers = append(c.servers, pgtest.Start(t, pgtest.Options{From: c.servers[0], Name: name(i)}))
	}
	return c
}

func name(i int) string { return fmt.Sprintf("s%d", i) }

// others returns the standbys that live, as the primary has to wait for them.
func (c *cluster) others() (setting string, n int) {
	names := ""
	for i := range c.servers {
		if i != c.primary && i != c.dead {
			if n++; n > 1 {
				names += ", "
			}
			names += name(i)
		}
	}
	return fmt.Sprintf("FIRST %d (%s)", n, names), n
}

// synchronous makes the primary wait for all standbys that live.
func (c *cluster) synchronous() {
	setting, n := c.others()
	primary := c.servers[c.primary]
	primary.Configure(map[string]string{"synchronous_standby_names": setting})
	primary.Await("postgres", "SHOW synchronous_standby_names", setting)
	primary.Await("postgres", "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'", strconv.Itoa(n))
	// Commits wait once the checkpointer has taken the setting in, which it does before it
	// begins a checkpoint.
	primary.SQL("postgres", "CHECKPOINT")
}

// failover kills the primary and promotes the standby that received more.
func (c *cluster) failover() {
	old := c.primary
	c.servers[old].Kill()
	best, received := -1, ""
	for i, s := range c.servers { // until they have written all that the dead one sent them
		if i != old {
			s.Await("postgres", "SELECT count(*) FROM pg_stat_wal_receiver WHERE status = 'streaming'", "0")
		}
	}
	for i, s := range c.servers {
		if i == old {
			continue
		}
		lsn := s.SQL("postgres", "SELECT lpad(to_hex((pg_last_wal_receive_lsn() - '0/0')::bigint), 16, '0')")
		if lsn > received {
			best, received = i, lsn
		}
	}
	c.primary, c.dead = best, old
	for i, s := range c.servers {
		if i != best && i != old { // it follows before the new one takes writes
			s.Configure(map[string]string{"primary_conninfo": c.servers[best].DSN("postgres") + " application_name=" + name(i)})
		}
	}
	setting, _ := c.others()
	c.servers[best].Configure(map[string]string{"synchronous_standby_names": setting})
	c.servers[best].Promote()
	c.synchronous()
}

// rejoin brings the one that was killed back as a standby.
func (c *cluster) rejoin() {
	c.servers[c.dead].Follow(c.servers[c.primary], name(c.dead))
	c.dead = -1
	c.synchronous()
}
