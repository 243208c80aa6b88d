package safety

import (
	"path"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxAddress bounds the addresses that are looked at, in bytes.
const maxAddress = 8 << 10

// An address is what browsers make of a link, as far as it matters here: URL Standard
// (WHATWG), Sections 3.5 and 4.4.
type address struct {
	user bool   // there is something before an @
	host string // in lower case, without a final dot; labels may be punycode
	path string // what follows the host and port, up to a #
	raw  bool   // the host is an IP address
}

// parseAddress reads an http or https address. ok is false for anything else.
func parseAddress(text string) (a address, ok bool) {
	if len(text) > maxAddress {
		return a, false
	}
	text = strings.Map(func(r rune) rune { // browsers leave these out wherever they are
		if r == '\t' || r == '\n' || r == '\r' {
			return -1
		}
		return r
	}, strings.TrimFunc(text, func(r rune) bool { return r <= ' ' }))
	scheme, rest, found := strings.Cut(text, ":")
	if scheme = strings.ToLower(scheme); !found || scheme != "http" && scheme != "https" {
		return a, false
	}
	rest = strings.TrimLeft(rest, `/\`) // however many, of whichever kind
	end := strings.IndexAny(rest, `/\?#`)
	if end < 0 {
		end = len(rest)
	}
	authority, path := rest[:end], rest[end:]
	if at := strings.LastIndexByte(authority, '@'); at >= 0 {
		a.user, authority = true, authority[at+1:]
	}
	a.path, _, _ = strings.Cut(path, "#")
	if strings.HasPrefix(authority, "[") {
		a.host, _, a.raw = strings.Cut(authority[1:], "]")
		return a, a.raw
	}
	host, _, _ := strings.Cut(authority, ":")
	a.host = strings.TrimSuffix(foldHost(unescape(host)), ".")
	if a.raw = isIPv4(a.host); a.raw {
		a.host = dotted(a.host)
	}
	return a, a.host != ""
}

// expression returns an address as a block list has it: its host with labels as they are read, and its
// path, resolved, without a slash at its end.
func (a address) expression() (host, page string) {
	page, _, _ = strings.Cut(a.path, "?")
	page = path.Clean("/" + strings.ReplaceAll(unescape(page), `\`, "/"))
	return readHost(a.host), strings.TrimSuffix(page, "/")
}

// unescape resolves percent escapes; what isn't one stays.
func unescape(s string) string {
	if !strings.Contains(s, "%") {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				b.WriteByte(byte(n))
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// foldHost returns a host in lower case, with ASCII for wide letters and for the dots of other
// scripts: the part of UTS #46 that leads to ASCII.
func foldHost(host string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '。' || r == '．' || r == '｡':
			return '.'
		case 0xff01 <= r && r <= 0xff5e: // full width
			r -= 0xff01 - '!'
		case r == 0xad || r == 0x200b || r == 0x2060 || r == 0xfeff: // ignored
			return -1
		}
		if 'A' <= r && r <= 'Z' {
			r += 'a' - 'A'
		}
		return r
	}, strings.ToLower(host))
}

// isIPv4 reports whether browsers take host for an IPv4 address: its last label is a
// number, decimal, octal or hexadecimal (URL Standard, Section 3.5, "ends in a number").
func isIPv4(host string) bool {
	last := host[strings.LastIndexByte(host, '.')+1:]
	if last == "" {
		return false
	}
	digits, base := last, 10
	if strings.HasPrefix(last, "0x") {
		digits, base = last[2:], 16
	}
	for i := range len(digits) {
		if c := digits[i]; (c < '0' || c > '9') && (base == 10 || c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// dotted returns the IPv4 address that a host stands for (URL Standard, Section 3.5, "IPv4
// parser") with four decimal numbers; what is none stays.
func dotted(host string) string {
	var ip uint64
	parts := strings.Split(host, ".")
	if len(parts) > 4 {
		return host
	}
	for i, part := range parts {
		base := 10
		switch {
		case strings.HasPrefix(part, "0x"):
			part, base = part[2:], 16
		case len(part) > 1 && part[0] == '0':
			base = 8
		}
		n, err := strconv.ParseUint("0"+part, base, 32)
		last := i == len(parts)-1
		if err != nil || !last && n > 255 || last && n >= 1<<(8*(4-i)) {
			return host
		}
		if last {
			ip += n
		} else {
			ip += n << (8 * (3 - i))
		}
	}
	var out []string
	for shift := 24; shift >= 0; shift -= 8 {
		out = append(out, strconv.FormatUint(ip>>shift&255, 10))
	}
	return strings.Join(out, ".")
}

// Parameters of punycode: RFC 3492, Section 5.
const (
	punyBase, punyMin, punyMax    = 36, 1, 26
	punySkew, punyDamp            = 38, 700
	punyInitialBias, punyInitialN = 72, 128
)

// maxLabel bounds a label, in bytes: RFC 1035, Section 2.3.4.
const maxLabel = 63

// unicodeLabel returns a label of a host as it is meant to be read: RFC 3492, Section 6.2. One
// that isn't punycode is returned as it is.
func unicodeLabel(label string) string {
	code, ok := strings.CutPrefix(label, "xn--")
	if !ok || len(label) > maxLabel {
		return label
	}
	var out []rune
	if dash := strings.LastIndexByte(code, '-'); dash >= 0 {
		out, code = []rune(code[:dash]), code[dash+1:]
	}
	n, i, bias := punyInitialN, 0, punyInitialBias
	for code != "" {
		before, weight := i, 1
		for k := punyBase; ; k += punyBase {
			digit := -1
			if code != "" {
				digit, code = punyDigit(code[0]), code[1:]
			}
			if digit < 0 || digit > (1<<30-i)/weight {
				return label
			}
			i += digit * weight
			t := min(max(k-bias, punyMin), punyMax)
			if digit < t {
				break
			}
			if weight > 1<<30/(punyBase-t) {
				return label
			}
			weight *= punyBase - t
		}
		bias = adapt(i-before, len(out)+1, before == 0)
		n += i / (len(out) + 1)
		i %= len(out) + 1
		if n > utf8.MaxRune || !utf8.ValidRune(rune(n)) {
			return label
		}
		out = append(out[:i], append([]rune{rune(n)}, out[i:]...)...)
		i++
	}
	return string(out)
}

func punyDigit(c byte) int {
	switch {
	case 'a' <= c && c <= 'z':
		return int(c - 'a')
	case '0' <= c && c <= '9':
		return int(c-'0') + 26
	}
	return -1
}

// adapt is RFC 3492, Section 6.1.
func adapt(delta, points int, first bool) int {
	if first {
		delta /= punyDamp
	} else {
		delta /= 2
	}
	delta += delta / points
	k := 0
	for ; delta > (punyBase-punyMin)*punyMax/2; k += punyBase {
		delta /= punyBase - punyMin
	}
	return k + (punyBase-punyMin+1)*delta/(delta+punySkew)
}
