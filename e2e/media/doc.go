// Package media drives web/lib/media and web/sw/media.ts in a real Chromium, against
// the vectors and the blobs that Go's package media makes, and against a small server
// of its own that does everything wrong that a server can: it drops connections,
// forgets, refuses, and returns other bytes than it was asked for.
//
// That the same goes against the real server is for package browser to show.
package media
