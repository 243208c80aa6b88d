package clientapi

import (
	"net/http"
	"strconv"
	"strings"
)

// A part is what of a blob is asked for.
type part struct {
	from, n int64
	partial bool
}

// status is RFC 9110, Section 15.3.7 for a part.
func (p part) status() int {
	if p.partial {
		return http.StatusPartialContent
	}
	return http.StatusOK
}

// tell sets what describes the part of a blob of size: RFC 9110, Section 14.4.
func (p part) tell(h http.Header, size int64) {
	h.Set("Content-Length", strconv.FormatInt(p.n, 10))
	if p.partial {
		h.Set("Content-Range", "bytes "+strconv.FormatInt(p.from, 10)+"-"+strconv.FormatInt(p.from+p.n-1, 10)+"/"+strconv.FormatInt(size, 10))
	}
}

// rangeOf reads Range: RFC 9110, Section 14.2. One range of bytes counts; several,
// other units and what isn't a range are ignored, as is a range of another version
// (If-Range: RFC 9110, Section 13.1.5). errUnsatisfied if it begins behind the end.
func rangeOf(r *http.Request, etag string, size int64) (part, error) {
	whole := part{0, size, false}
	spec, ok := strings.CutPrefix(r.Header.Get("Range"), "bytes=")
	if other := r.Header.Get("If-Range"); !ok || other != "" && other != etag {
		return whole, nil
	}
	first, last, ok := strings.Cut(spec, "-")
	if !ok {
		return whole, nil
	}
	end := size - 1
	if last != "" {
		n, ok := count(last)
		if !ok {
			return whole, nil
		}
		if first == "" { // the last n bytes: RFC 9110, Section 14.1.2
			if n == 0 {
				return part{}, errUnsatisfied
			}
			from := max(size-n, 0)
			return part{from, size - from, true}, nil
		}
		end = min(n, end)
	}
	from, ok := count(first)
	switch {
	case !ok, last != "" && end < from && from < size:
		return whole, nil
	case from >= size:
		return part{}, errUnsatisfied
	}
	return part{from, end - from + 1, true}, nil
}

// matches reports whether If-None-Match names etag: RFC 9110, Section 13.1.2.
func matches(list, etag string) bool {
	for one := range strings.SplitSeq(list, ",") {
		if one = strings.TrimSpace(one); strings.TrimPrefix(one, "W/") == etag || one == "*" {
			return true
		}
	}
	return false
}
