package content

import "strings"

// parseMediaType returns the type and subtype of a content type, in small letters,
// and its parameters, whose names are in small letters too;
// ok is false for what isn't one. It is package mime's in little: what a message
// needs, without the rest in what a browser downloads.
func parseMediaType(s string) (mediaType string, params map[string]string, ok bool) {
	mediaType, rest, _ := strings.Cut(s, ";")
	mediaType = strings.ToLower(strings.TrimSpace(mediaType))
	kind, sub, found := strings.Cut(mediaType, "/")
	if !found || !isToken(kind) || !isToken(sub) {
		return "", nil, false
	}
	params = map[string]string{}
	for rest = strings.TrimSpace(rest); rest != ""; {
		name, after, found := strings.Cut(rest, "=")
		name = strings.ToLower(strings.TrimSpace(name))
		if !found || !isToken(name) {
			return "", nil, false
		}
		var value string
		if value, rest, ok = cutValue(after); !ok {
			return "", nil, false
		}
		if old, twice := params[name]; twice && old != value {
			return "", nil, false
		}
		params[name] = value
	}
	return mediaType, params, true
}

// cutValue returns the value that s begins with, a token or a quoted string, and what
// comes after the semicolon that ends it.
func cutValue(s string) (value, rest string, ok bool) {
	if !strings.HasPrefix(s, `"`) {
		value, rest, _ = strings.Cut(s, ";")
		value = strings.TrimSpace(value)
		return value, strings.TrimSpace(rest), isToken(value)
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			rest, found := strings.CutPrefix(strings.TrimSpace(s[i+1:]), ";")
			return b.String(), strings.TrimSpace(rest), found || rest == ""
		case c == '\\' && i+1 < len(s):
			i++
			b.WriteByte(s[i])
		case c < ' ' || c == 0x7f:
			return "", "", false
		default:
			b.WriteByte(c)
		}
	}
	return "", "", false
}

// isToken reports whether s is a token, as HTTP has them.
func isToken(s string) bool {
	if s == "" {
		return false
	}
	for _, c := range []byte(s) {
		letter := c|0x20 >= 'a' && c|0x20 <= 'z'
		if !letter && (c < '0' || c > '9') && !strings.ContainsRune("!#$%&'*+-.^_`|~", rune(c)) {
			return false
		}
	}
	return true
}
