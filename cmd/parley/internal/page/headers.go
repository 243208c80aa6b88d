package page

import "strings"

// headers are those of every answer, the page's files and refusals alike: a worker
// has the policy that its own script came with.
func headers(o Options) [][2]string {
	all := [][2]string{
		{"Content-Security-Policy", policy(o)},
		{"Cross-Origin-Opener-Policy", "same-origin"},
		{"Cross-Origin-Resource-Policy", "same-origin"},
		{"X-Content-Type-Options", "nosniff"},
		{"Referrer-Policy", "no-referrer"},
		{"Permissions-Policy", strings.Join(permissions, ", ")},
	}
	if len(o.Parents) == 0 {
		all = append(all, [2]string{"X-Frame-Options", "DENY"})
	}
	if secure(o.Origins) {
		all = append(all, [2]string{"Strict-Transport-Security", "max-age=31536000"})
	}
	return all
}

// policy is the Content-Security-Policy: the page takes code, style and data from
// its own server alone, none of them inline, and its code makes none out of text
// but through one Trusted Types policy of its own.
func policy(o Options) string {
	parents := "'none'"
	if len(o.Parents) > 0 {
		parents = strings.Join(o.Parents, " ")
	}
	all := []string{
		"default-src 'none'",
		"script-src 'self' 'wasm-unsafe-eval'",
		"style-src 'self'",
		"img-src 'self' data: blob:",
		"media-src 'self' blob:", // what the service worker opens as it plays, and what the page has opened whole
		strings.Join(append([]string{"connect-src 'self'"}, sockets(o.Origins)...), " "),
		"worker-src 'self'",
		"manifest-src 'self'",
		"frame-ancestors " + parents,
		"base-uri 'none'",
		"form-action 'none'",
		"require-trusted-types-for 'script'",
		"trusted-types parley",
	}
	if len(o.Frames) > 0 {
		all = append(all, "frame-src "+strings.Join(o.Frames, " "))
	}
	return strings.Join(all, "; ")
}

// sockets are the WebSockets of origins: 'self' doesn't mean them everywhere.
func sockets(origins []string) (all []string) {
	for _, o := range origins {
		if rest, ok := strings.CutPrefix(o, "http"); ok && !strings.Contains(o, "[") { // CSP has no IPv6
			all = append(all, "ws"+rest)
		}
	}
	return all
}

// permissions are what the page may ask the browser for: passkeys, storage in a
// frame, the microphone for a voice message, and to play what somebody pressed for
// once it has come (no page of ours plays by itself). A parent has to allow them too.
var permissions = []string{
	"publickey-credentials-get=(self)", "publickey-credentials-create=(self)", "storage-access=(self)", "clipboard-write=(self)",
	"microphone=(self)", "autoplay=(self)",
	"accelerometer=()", "browsing-topics=()", "camera=()", "display-capture=()", "geolocation=()", "gyroscope=()",
	"magnetometer=()", "midi=()", "payment=()", "serial=()", "usb=()",
}

// secure reports whether the server is reached by https alone.
func secure(origins []string) bool {
	for _, o := range origins {
		if !strings.HasPrefix(o, "https://") {
			return false
		}
	}
	return len(origins) > 0
}
