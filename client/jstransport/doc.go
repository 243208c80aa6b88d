// Package jstransport carries operations of package wire out of a browser: fetch
// for requests, a WebSocket for the stream; where that is blocked, reads that
// wait. It connects to the origin of its page and to nothing else. All of it is
// built for js alone; package nettransport does the same elsewhere. How a stream
// outlives a restart, falls back and comes again is package transport's.
//
// An answer or push of more than 10 MiB is refused. The token goes in a header and
// in the stream's first frame, never in a URL. Errors hold no token, no body and
// nothing that the other side wrote, except the *wire.Error that it answered with.
package jstransport
