package clientapi

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"parley/server"
	"parley/wire"
)

// A client over HTTP is told what it may still do: the policies that its request
// fell under, and what is left of each. Streams aren't: there only a refusal says
// how long to wait.
const (
	policyField = "Ratelimit-Policy" // draft-ietf-httpapi-ratelimit-headers-11, Section 3
	limitField  = "Ratelimit"        // draft-ietf-httpapi-ratelimit-headers-11, Section 4
	// attempts names the policy of a refusal that none of the allowances explains:
	// logins, sign-ups, claims, open streams.
	attempts = "attempts"
)

// tellQuotas sets the fields for an operation that was admitted, or refused for
// one of its allowances.
func (a *API) tellQuotas(w http.ResponseWriter, op wire.Operation, c caller) {
	var buffer [4]server.Quota
	list := buffer[:0]
	switch {
	case c.session != nil:
		list = a.server.Quotas(list, c.session, op)
	case !op.NeedsSession():
		list = a.server.AnonymousQuotas(list, c.from)
	}
	if len(list) == 0 {
		return
	}
	var policies, limits []byte
	for i := range list {
		if i > 0 {
			policies, limits = append(policies, ", "...), append(limits, ", "...)
		}
		policies, limits = appendPolicy(policies, &list[i]), appendLimit(limits, list[i].Name, list[i].Left, list[i].Wait)
	}
	w.Header().Set(policyField, string(policies))
	w.Header().Set(limitField, string(limits))
}

// appendPolicy appends a quota policy item: draft-ietf-httpapi-ratelimit-headers-11,
// Section 3.1.
func appendPolicy(b []byte, q *server.Quota) []byte {
	b = append(append(append(b, '"'), q.Name...), "\";q="...)
	b = strconv.AppendInt(b, q.Limit, 10)
	if q.Bytes {
		b = append(b, ";qu=\"content-bytes\""...)
	}
	return strconv.AppendInt(append(b, ";w="...), wholeSeconds(q.Window), 10)
}

// appendLimit appends a service limit item: draft-ietf-httpapi-ratelimit-headers-11,
// Section 4.1. Where something is left there is no effective window: more comes at
// any time.
func appendLimit(b []byte, name string, left int64, wait time.Duration) []byte {
	b = append(append(append(b, '"'), name...), "\";r="...)
	b = strconv.AppendInt(b, left, 10)
	if left == 0 {
		b = strconv.AppendInt(append(b, ";t="...), wholeSeconds(wait), 10)
	}
	return b
}

// wholeSeconds rounds up, to 1 at least.
func wholeSeconds(d time.Duration) int64 {
	return max(1, int64((d+time.Second-1)/time.Second))
}

// tellWait sets how long a refused client is to wait. None of the fields says
// less than another: draft-ietf-httpapi-ratelimit-headers-11, Section 6.
func tellWait(h http.Header, status int, wait time.Duration) {
	h.Set("Retry-After", strconv.FormatInt(wholeSeconds(wait), 10))
	if status != http.StatusTooManyRequests {
		return
	}
	limit := h.Get(limitField)
	if strings.Contains(limit, ";r=0;") {
		return
	}
	if limit != "" {
		limit += ", "
	}
	h.Set(limitField, string(appendLimit([]byte(limit), attempts, 0, wait)))
}
