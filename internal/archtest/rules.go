// Package archtest checks the dependency rules of ARCHITECTURE.md, for linux and
// for js/wasm: who may import whom, what must never be reached, and what the
// pure packages keep away from. Tests may import what they like.
package archtest

// module is the path that our own packages begin with.
const module = "parley"

// everyone lists the packages that any other may import.
var everyone = []string{"identity", "internal/cbor"}

// allowed lists, for each package, the packages of this module that it may
// import directly, beside those of everyone. A name that ends in /... stands
// for a tree. Every package must be found here: by its own name, else by the
// longest tree. A package may be listed before it exists.
var allowed = map[string][]string{
	"identity":              {},
	"internal/cbor":         {"internal/cbor/compact"},
	"internal/cbor/compact": {},

	"content":           {},
	"media":             {},
	"franking":          {},
	"keylog":            {},
	"safety":            {},
	"safety/train":      {"safety"},
	"safety/train/make": {"safety/train"},
	"wire":              {},

	"wire/admin": {"wire"},

	"mls/internal/codec":      {},
	"mls/internal/treemath":   {},
	"mls/internal/parallel":   {},
	"mls/internal/suite":      {"mls/internal/codec"},
	"mls/internal/secrettree": {"mls/internal/codec", "mls/internal/suite", "mls/internal/treemath"},
	"mls/internal/schedule":   {"mls/internal/codec", "mls/internal/suite"},
	"mls/public":              {"mls/internal/codec", "mls/internal/parallel", "mls/internal/suite", "mls/internal/treemath"},
	"mls":                     {"mls/public", "mls/internal/..."},
	"mls/suites":              {"mls/public"},
	"mls/x509cred":            {"mls/public", "mls/internal/codec"},
	"mls/mlstest":             {"mls", "mls/public", "mls/suites", "mls/internal/..."},

	"report":            {"franking", "content", "media", "mls/public"},
	"report/reporttest": {"report", "franking", "content", "mls/public"},

	"client": {
		"mls", "mls/public", "content", "media", "franking", "report", "keylog",
		"safety", "wire",
	},
	"client/storetest":    {"client", "wire"},
	"client/memstore":     {"client", "wire"},
	"client/sqlitestore":  {"client", "wire"},
	"client/idbstore":     {"client", "wire", "internal/promise"},
	"client/transport":    {"client", "wire"},
	"client/nettransport": {"client", "client/transport", "wire"},
	"client/jstransport":  {"client", "client/transport", "wire", "internal/promise"},

	"server/policy":                  {"server", "wire"},
	"server/captcha":                 {"server"},
	"server":                         {"wire", "wire/admin", "mls/public", "franking", "keylog"},
	"server/storetest":               {"server", "franking", "wire"},
	"server/memstore":                {"server", "wire"},
	"server/pebblestore":             {"server", "wire"},
	"server/pgstore":                 {"server", "wire"},
	"server/pgstore/pgtest":          {},
	"server/blob":                    {"server", "wire"},
	"server/blob/blobtest":           {"server"},
	"server/passkeys":                {"server", "wire", "internal/webauthn"},
	"server/passkeys/passkeytest":    {},
	"server/publicnet":               {},
	"server/publicnet/publicnettest": {},
	"server/webpush":                 {"server", "server/publicnet", "wire"},
	"server/unfurl":                  {"server", "server/publicnet", "wire"},
	"server/hints":                   {"server", "wire"},
	"server/clientapi":               {"server", "wire"},
	"server/clientapi/apitest":       {"internal/freeport", "server", "server/blob", "server/clientapi", "server/memstore", "mls/public", "wire", "wire/admin"},
	"server/adminapi":                {"server", "franking", "wire", "wire/admin"},
	"server/simtest":                 {"server", "wire"},

	"desk":            {"report", "franking", "content", "media", "mls/public", "wire", "wire/admin", "desk/deskapi", "desk/audit", "desk/statement", "desk/cybertip"},
	"desk/deskapi":    {},
	"desk/audit":      {"desk/deskapi"},
	"desk/statement":  {"desk/deskapi"},
	"desk/cybertip":   {"desk/deskapi"},
	"desk/deskstore":  {"desk"},
	"desk/adminhttp":  {"desk", "wire", "wire/admin"},
	"desk/deskhttp":   {"desk", "desk/deskapi", "internal/webauthn"},
	"desk/desktest":   {"mls/public", "desk", "desk/audit", "desk/deskapi", "desk/deskstore", "report", "report/reporttest", "content", "media", "wire", "wire/admin", "franking"},
	"desk/deskclient": {"desk/deskapi"},

	"web":                {},
	"web/build":          {"desk/deskapi"},
	"web/app/icons/draw": {},

	"cmd/...": {"..."},
	"e2e/...": {"..."},

	"internal/promise":     {},
	"internal/browsertest": {},
	"internal/archtest":    {},
	"internal/freeport":    {},
	"internal/spectest":    {},
	"internal/webauthn":    {},
}

// never lists what a tree must not reach, by whatever way, and why. A name is
// one package or, with /..., a tree: ours, or of the standard library, or of
// another module.
var never = []ban{
	{
		who:  []string{"server/..."},
		what: []string{"content", "media/...", "report/...", "client/...", "safety/...", "mls", "mls/internal/secrettree", "mls/internal/schedule"},
		why:  "the delivery server must not hold the code that decrypts or reads",
	},
	{
		who:  []string{"client", "mls/...", "content", "media", "franking", "report", "keylog", "safety", "wire", "identity", "internal/cbor"},
		what: []string{"net/http", "database/sql", "modernc.org/...", "github.com/cockroachdb/..."},
		why:  "the client's core runs in a browser, over drivers that cmd chooses",
	},
	{
		who: []string{
			"client/...", "server/...", "mls", "mls/public", "mls/internal/...", "desk/...", "content", "media",
			"franking", "report", "keylog", "safety", "wire", "identity", "internal/cbor",
		},
		what: []string{"mls/suites", "github.com/cloudflare/circl/..."},
		why:  "a suite is a value that the program chooses: only who names it links it",
	},
	{
		who: []string{"cmd/parleywasm"},
		what: []string{
			"net/http", "database/sql", "crypto/x509", "server/...", "desk/...",
			"client/sqlitestore", "client/nettransport", "mls/suites", "github.com/cloudflare/circl/...",
			"encoding/json", "log/slog", "mime", "crypto/hpke", "crypto/ecdsa", "github.com/fxamacker/cbor/...",
		},
		why: "what the browser downloads must stay small",
	},
	{
		who:  []string{"desk/..."},
		what: []string{"server/...", "client/..."},
		why:  "the desk is a process of its own",
	},
}

// A ban forbids the packages of who to reach any package of what.
type ban struct {
	who, what []string
	why       string
}

// pure lists the packages that import no driver of the outside world directly.
// (fmt alone reaches os, so that reaching it says nothing.)
var pure = []string{
	"identity", "internal/cbor", "content", "media", "franking", "report", "keylog",
	"safety", "wire", "wire/admin", "mls", "mls/public", "mls/suites", "mls/internal/...", "client",
}

// impure lists what pure packages must not import.
var impure = []string{"net/http", "database/sql", "os", "os/exec", "syscall", "syscall/js", "log"}

// still lists the packages that read no clock and start no goroutine.
var still = []string{
	"identity", "internal/cbor", "content", "media", "franking", "report", "keylog",
	"safety", "wire", "wire/admin", "mls/public", "mls/suites", "mls/internal/...",
}

// clock lists the functions of package time that read or wait for the clock.
var clock = []string{"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker"}
