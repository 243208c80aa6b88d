package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"time"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// printJSON writes v as one line. What would tell a terminal something, or turn what follows around, is
// written as an escape: who reads JSON gets the same text.
func printJSON(w io.Writer, v any) error {
	var line bytes.Buffer
	enc := json.NewEncoder(&line)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return err
	}
	_, err := w.Write(escaped(line.Bytes()))
	return err
}

// escaped returns JSON with escapes for controls (the encoder leaves those above ASCII) and
// invisible formatting, but for the joiners that scripts and emoji need.
func escaped(line []byte) []byte {
	if !bytes.ContainsFunc(line, steers) {
		return line
	}
	out := make([]byte, 0, len(line))
	for len(line) > 0 {
		r, n := utf8.DecodeRune(line)
		if steers(r) {
			for _, unit := range utf16.AppendRune(nil, r) {
				out = fmt.Appendf(out, `\u%04x`, unit)
			}
		} else {
			out = append(out, line[:n]...)
		}
		line = line[n:]
	}
	return out
}

// steers reports whether a terminal may do something else with r than show it.
func steers(r rune) bool {
	return 0x7f <= r && r <= 0x9f || unicode.Is(unicode.Cf, r) && r != '\u200c' && r != '\u200d'
}

// rfc3339 writes Unix milliseconds in UTC.
func rfc3339(ms int64) string {
	return time.UnixMilli(ms).UTC().Format("2006-01-02T15:04:05.000Z07:00")
}
