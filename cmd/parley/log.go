package main

import (
	"fmt"
	"io"
	"log/slog"
	"regexp"
	"strings"
)

// newLogger returns the server's log: lines of text or JSON that name nobody.
// Our own lines hold nothing of people; what libraries put into an error may, so
// that names and addresses are struck from every value.
func newLogger(w io.Writer, format string) *slog.Logger {
	options := &slog.HandlerOptions{ReplaceAttr: scrubAttr}
	if format == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}

func scrubAttr(_ []string, a slog.Attr) slog.Attr {
	switch v := a.Value.Any().(type) {
	case error:
		a.Value = slog.StringValue(scrub(v.Error()))
	case string:
		a.Value = slog.StringValue(scrub(v))
	case fmt.Stringer:
		if a.Key != slog.TimeKey && a.Key != slog.LevelKey {
			a.Value = slog.StringValue(scrub(v.String()))
		}
	}
	return a
}

// persons matches what names accounts, devices and rooms, and addresses of the
// network. A stack of a panic has neither.
var persons = regexp.MustCompile(`mimi://[^\s"',\])}]*` +
	`|\b\d{1,3}(\.\d{1,3}){3}(:\d+)?\b` +
	`|\[[0-9a-fA-F.]*:[0-9a-fA-F:.]*(%[^\]\s]*)?\](:\d+)?`)

// maxLogged bounds a value in the log, in bytes: some libraries put their stack
// into an error.
const maxLogged = 4 << 10

// scrub strikes names and addresses from s and bounds it.
func scrub(s string) string {
	if i := strings.Index(s, "\n(1) "); i >= 0 { // what cockroachdb/errors adds: a stack
		s = s[:i]
	}
	s = persons.ReplaceAllString(s, "…")
	if len(s) > maxLogged {
		s = strings.ToValidUTF8(s[:maxLogged], "") + "…"
	}
	return s
}
