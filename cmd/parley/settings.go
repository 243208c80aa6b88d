package main

import (
	"fmt"
	"net/netip"
	"reflect"
	"strings"
	"time"

	"parley/server"
	"parley/wire"
)

// A serveConfig is what the server is told. Each field has a setting.
type serveConfig struct {
	data       string        // the store's directory
	listen     string        // HOST:PORT
	domain     string        // of accounts and rooms: fixed once there are accounts
	origins    []string      // scheme://host[:port] that clients connect to
	signUp     bool          // new accounts may be made
	resetDelay time.Duration // 0: none
	retention  time.Duration // how long messages wait for devices
	drain      time.Duration // how long a server that ends waits for what runs
	drainDelay time.Duration // how long /readyz says so before
	logFormat  string        // json or text

	store         string // embedded or postgres
	maxStore      int64  // bytes of the embedded store; 0: no limit
	reserve       int64  // bytes of disk that the embedded store leaves free
	maxMailbox    int64  // bytes that wait for one account
	maxEvents     int    // the same in number
	cache, window int64  // bytes of memory for blocks of the disk, and for the newest messages
	postgres      string // a connection string: a secret
	postgresFile  string // that holds it
	postgresConns int

	postgresMigrate bool // bring its tables up to this version

	hints      string        // none or nats
	poll       time.Duration // how often who waits looks by itself
	natsListen string        // HOST:PORT for the other nodes
	natsPublic string        // the same as the others reach it, where it differs
	natsRoutes []string
	natsCert   string // files
	natsKey    string
	natsCA     string

	tls tlsSettings

	private string         // HOST:PORT of metrics, health and profiles; empty: none
	proxies []netip.Prefix // whose X-Forwarded-For counts

	page     pageSettings
	push     pushConfig
	passkeys passkeyConfig
	links    linkConfig
	policy   policyConfig
	blobs    blobConfig
	safety   safetyConfig
	admin    adminSettings

	maxConns     int // open connections; 0: a share of the open files
	maxConnsEach int // from one address; 0: a share of them

	limits wire.Limits
	rates  server.Rates

	trace      string // URL of a collector; empty: none
	traceShare float64
}

// tlsSettings say how the server proves its name. All empty: plain HTTP.
type tlsSettings struct {
	cert, key string // files

	acmeDomains   []string // names to get certificates for
	acmeTerms     bool     // that the authority has are accepted
	acmeEmail     string
	acmeDirectory string // URL; empty: Let's Encrypt
	acmeCA        string // file: who signed the directory's own certificate
	httpListen    string // HOST:PORT for http-01 and the redirect to https; empty: none
}

func (t *tlsSettings) on() bool { return t.cert != "" || len(t.acmeDomains) > 0 }

// A setting is a key of the configuration file. Its flag is --KEY with "-" for
// "_", its variable PARLEY_KEY. Of several the flag counts, then the variable,
// then the file.
type setting struct {
	section string
	key     string
	def     string // as the file would have it; empty: see none
	none    string // what stands for no default, for people
	help    string
	number  bool // an integer of TOML is taken too
	list    bool // so is a list of strings of TOML
	secret  bool // its value is never shown, and no flag takes it: others see command lines
	set     func(*serveConfig, string) error
}

func (s setting) flag() string {
	if s.secret {
		return ""
	}
	return strings.ReplaceAll(s.key, "_", "-")
}

func (s setting) variable() string { return "PARLEY_" + strings.ToUpper(s.key) }

// settings are all there are, in the order of help.
var settings = joinSettings(
	generalSettings, storeSettings, nodeSettings, networkSettings, browserSettings, blobSettings, linkSettings, policySettings, safetySettings, observeSettings, adminSettingList, limitSettings, rateSettings(),
)

func joinSettings(parts ...[]setting) (all []setting) {
	section := ""
	for _, p := range parts {
		for _, s := range p {
			if s.section == "" {
				s.section = section
			}
			section = s.section
			all = append(all, s)
		}
	}
	return all
}

var generalSettings = []setting{
	{section: "General", key: "data", none: "parley in the user's data directory", help: "directory of the embedded store, and of the control socket", set: text(func(c *serveConfig) *string { return &c.data })},
	{key: "listen", def: "127.0.0.1:8440", help: "HOST:PORT for clients", set: address(func(c *serveConfig) *string { return &c.listen })},
	{key: "domain", def: "localhost", help: "domain of accounts and rooms; don't change it later", set: setDomain},
	{key: "origins", list: true, none: "the address listened on, and localhost", help: "https://HOST[:PORT] that clients connect to, where those are not this machine's own names", set: setOrigins},
	{key: "sign_up", def: "open", help: "open or closed: whether new accounts are taken", set: choice(func(c *serveConfig, v string) { c.signUp = v == "open" }, "open", "closed")},
	{key: "reset_delay", def: "7d", help: "how long a lost account's old devices can cancel its reset", set: duration(func(c *serveConfig) *time.Duration { return &c.resetDelay })},
	{key: "retention", def: "30d", help: "how long messages wait for a device", set: duration(func(c *serveConfig) *time.Duration { return &c.retention })},
	{key: "drain", def: "10s", help: "how long a server that is told to end waits for what runs", set: duration(func(c *serveConfig) *time.Duration { return &c.drain })},
	{key: "drain_delay", def: "0s", help: "how long it goes on serving after /readyz has begun to say that it ends, for load balancers to notice", set: duration(func(c *serveConfig) *time.Duration { return &c.drainDelay })},
	{key: "log", def: "text", help: "json or text", set: choice(func(c *serveConfig, v string) { c.logFormat = v }, "json", "text")},
}

var storeSettings = []setting{
	{section: "Store", key: "store", def: "embedded", help: "embedded (one node, in the data directory) or postgres", set: choice(func(c *serveConfig, v string) { c.store = v }, "embedded", "postgres")},
	{key: "max_store", number: true, none: "no limit", help: "size of the embedded store above which nothing new is taken", set: size(func(c *serveConfig) *int64 { return &c.maxStore })},
	{key: "reserve", number: true, def: "16MiB", help: "disk that the embedded store leaves free: below it nothing new is taken", set: size(func(c *serveConfig) *int64 { return &c.reserve })},
	{key: "max_mailbox", number: true, def: "1GiB", help: "bytes that may wait for one account in the embedded store: beyond them its oldest go", set: size(func(c *serveConfig) *int64 { return &c.maxMailbox })},
	{key: "max_mailbox_events", number: true, def: "262144", help: "the same in number", set: number(func(c *serveConfig) *int { return &c.maxEvents }, 1000, 1<<40)},
	{key: "cache", number: true, def: "64MiB", help: "memory for what the embedded store reads from disk", set: size(func(c *serveConfig) *int64 { return &c.cache })},
	{key: "window", number: true, def: "64MiB", help: "memory for the newest messages, from which most are read", set: size(func(c *serveConfig) *int64 { return &c.window })},
	{key: "postgres", secret: true, none: "none", help: "connection string of PostgreSQL; there is no flag, since others see command lines", set: text(func(c *serveConfig) *string { return &c.postgres })},
	{key: "postgres_file", none: "none", help: "file that holds the connection string", set: text(func(c *serveConfig) *string { return &c.postgresFile })},
	{key: "postgres_conns", number: true, def: "16", help: "connections of this node to PostgreSQL at most; five more write", set: number(func(c *serveConfig) *int { return &c.postgresConns }, 1, 10000)},
	{key: "postgres_migrate", def: "yes", help: "yes or no: whether a node that starts brings the tables up to its version", set: choice(func(c *serveConfig, v string) { c.postgresMigrate = v == "yes" }, "yes", "no")},
}

var nodeSettings = []setting{
	{section: "Several nodes", key: "hints", def: "none", help: "none (this is the only node) or nats (nodes tell each other at once what is new)", set: choice(func(c *serveConfig, v string) { c.hints = v }, "none", "nats")},
	{key: "poll", def: server.DefaultPoll.String(), help: "how often who waits for messages looks by itself, should a hint be lost", set: duration(func(c *serveConfig) *time.Duration { return &c.poll })},
	{key: "nats_listen", none: "none", help: "HOST:PORT for the other nodes", set: address(func(c *serveConfig) *string { return &c.natsListen })},
	{key: "nats_advertise", none: "nats_listen", help: "HOST:PORT under which the other nodes reach this one", set: address(func(c *serveConfig) *string { return &c.natsPublic })},
	{key: "nats_routes", list: true, none: "none", help: "HOST:PORT of other nodes; one that answers is enough", set: setRoutes},
	{key: "nats_cert", none: "none", help: "file: this node's certificate chain, PEM", set: text(func(c *serveConfig) *string { return &c.natsCert })},
	{key: "nats_key", none: "none", help: "file: its key, PEM", set: text(func(c *serveConfig) *string { return &c.natsKey })},
	{key: "nats_ca", none: "none", help: "file: who signs the nodes' certificates, PEM; nobody else is let in", set: text(func(c *serveConfig) *string { return &c.natsCA })},
}

var networkSettings = []setting{
	{section: "Network", key: "tls_cert", none: "none", help: "file: certificate chain, PEM; read again when it changes", set: text(func(c *serveConfig) *string { return &c.tls.cert })},
	{key: "tls_key", none: "none", help: "file: its key, PEM", set: text(func(c *serveConfig) *string { return &c.tls.key })},
	{key: "acme_domains", list: true, none: "none", help: "names to get certificates for, from Let's Encrypt or acme_directory", set: setDomains},
	{key: "acme_accept_terms", def: "no", help: "yes: you have read and accept that authority's terms of service", set: setTerms},
	{key: "acme_email", none: "none", help: "address for that authority's notices", set: text(func(c *serveConfig) *string { return &c.tls.acmeEmail })},
	{key: "acme_directory", none: "Let's Encrypt", help: "https:// address of another authority", set: text(func(c *serveConfig) *string { return &c.tls.acmeDirectory })},
	{key: "acme_ca", none: "the system's", help: "file: who signed that authority's own certificate, PEM", set: text(func(c *serveConfig) *string { return &c.tls.acmeCA })},
	{key: "http_listen", none: "none", help: "HOST:PORT that answers the authority's questions and sends browsers to https", set: address(func(c *serveConfig) *string { return &c.tls.httpListen })},
	{key: "proxies", list: true, none: "none", help: "addresses or networks (10.0.0.0/8) of proxies: only their X-Forwarded-For says where a client is", set: setProxies},
}

var observeSettings = []setting{
	{section: "Watching", key: "private", none: "none", help: "HOST:PORT for /metrics, /livez, /readyz and /debug/pprof: keep it from the outside", set: address(func(c *serveConfig) *string { return &c.private })},
	{key: "trace", none: "off", help: "http(s)://HOST:PORT of an OpenTelemetry collector (OTLP over HTTP)", set: setTrace},
	{key: "trace_share", def: "0.01", help: "share of the operations that are traced, 0 to 1", set: setShare},
}

var limitSettings = []setting{
	{section: "Limits", key: "max_message", number: true, def: sizeText(wire.DefaultLimits.Message), help: "bytes of one encrypted message", set: bound(func(c *serveConfig) *int { return &c.limits.Message }, 1<<10)},
	{key: "max_commit", number: true, def: sizeText(wire.DefaultLimits.Commit), help: "bytes of one change of a conversation's members", set: bound(func(c *serveConfig) *int { return &c.limits.Commit }, 64<<10)},
	{key: "max_key_packages", number: true, def: fmt.Sprint(wire.DefaultLimits.KeyPackages), help: "key packages kept for one device", set: number(func(c *serveConfig) *int { return &c.limits.KeyPackages }, 1, 10000)},
	{key: "max_members", number: true, def: fmt.Sprint(wire.DefaultLimits.Members), help: "accounts of one conversation", set: number(func(c *serveConfig) *int { return &c.limits.Members }, 2, 1<<14)},
	{key: "max_connections", number: true, none: "four fifths of the limit on open files", help: "connections open at once on the ports for clients; what is beyond is closed at once", set: number(func(c *serveConfig) *int { return &c.maxConns }, 1, 1<<30)},
	{key: "max_connections_address", number: true, none: "a quarter of max_connections", help: "the same from one address (IPv6: the /64); proxies and this machine are free of it", set: number(func(c *serveConfig) *int { return &c.maxConnsEach }, 1, 1<<30)},
}

// rateHelp says what each field of server.Rates bounds.
var rateHelp = map[string]string{
	"Conversation":      "conversations that one account begins with strangers",
	"YoungConversation": "the same of a young account",
	"GroupAdd":          "strangers that one account adds to groups",
	"YoungGroupAdd":     "the same of a young account",
	"Forward":           "attachments of others that one account passes on",
	"YoungForward":      "the same of a young account",
	"Lookup":            "looks of one account at strangers, or for who isn't there",
	"YoungLookup":       "the same of a young account",
	"Challenge":         "requests beyond the eight before that one account may pay for by puzzles, which cost its device seconds",
	"Pending":           "requests of one account that nobody has accepted yet",
	"YoungPending":      "the same of a young account",
	"Young":             "until what age an account is young",

	"Login":       "failed logins for one account",
	"Address":     "failed logins from one address",
	"SignUp":      "accounts made from one address",
	"Session":     "sessions opened by one device",
	"Claimer":     "first contacts (key packages taken) by one account",
	"Claimed":     "first contacts with one account",
	"Claiming":    "first contacts by one account with one other",
	"Upload":      "attachments that one account begins to upload",
	"Unfurl":      "addresses fetched for one account, for previews of links and posts",
	"Report":      "reports and appeals sent by one account",
	"Relate":      "requests that accept, block or forget somebody, of one account",
	"Request":     "operations of one device",
	"Send":        "messages sent by one device",
	"Signal":      "signals (that somebody is writing) sent by one device",
	"Anonymous":   "operations without a session from one address",
	"Bytes":       "bytes of the requests of one account in an hour",
	"Streams":     "streams open at once for one account",
	"Connections": "streams open at once from one address",
	"Delay":       "how long a message may wait to be stored: what would wait longer is refused at once",
}

// rateSettings are the fields of server.Rates, as rate_FIELD.
func rateSettings() (all []setting) {
	defaults := reflect.ValueOf(server.DefaultRates)
	for i, f := range reflect.VisibleFields(defaults.Type()) {
		s := setting{section: "Rates", key: "rate_" + snake(f.Name), help: rateHelp[f.Name] + "; or none"}
		field := func(c *serveConfig) any { return reflect.ValueOf(&c.rates).Elem().Field(i).Addr().Interface() }
		switch v := defaults.Field(i).Interface().(type) {
		case server.Rate:
			s.def, s.help = rateText(v), rateHelp[f.Name]+": so many at once, then one in each time; or none"
		case int64:
			s.def, s.number = sizeText(int(v)), true
		case time.Duration:
			s.def = v.String()
		default:
			s.def, s.number = fmt.Sprint(v), true
		}
		s.set = func(c *serveConfig, v string) error { return setRate(field(c), v) }
		all = append(all, s)
	}
	return all
}

// snake turns SignUp into sign_up, and GroupNS into group_ns.
func snake(name string) string {
	var b strings.Builder
	upper := func(i int) bool { return i >= 0 && i < len(name) && name[i] >= 'A' && name[i] <= 'Z' }
	for i := range len(name) {
		if i > 0 && upper(i) && (!upper(i-1) || i+1 < len(name) && !upper(i+1)) {
			b.WriteByte('_')
		}
		b.WriteByte(name[i])
	}
	return strings.ToLower(b.String())
}
