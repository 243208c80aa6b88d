package adminapi

import (
	"net/http"
	"strconv"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// limits hold what each token may still do.
type limits struct {
	burst  int
	every  time.Duration
	mu     sync.Mutex // guards byName
	byName map[string]*rate.Limiter
}

func newLimits(burst int, every time.Duration) *limits {
	return &limits{burst: burst, every: every, byName: map[string]*rate.Limiter{}}
}

// take takes one request from what the token called name may do, or returns how
// long to wait, and says both in h: draft-ietf-httpapi-ratelimit-headers-11,
// Sections 3 and 4. Names are those of the tokens file: there are few.
func (l *limits) take(h http.Header, name string, now time.Time) (wait time.Duration) {
	l.mu.Lock()
	limiter := l.byName[name]
	if limiter == nil {
		limiter = rate.NewLimiter(rate.Every(l.every), l.burst)
		l.byName[name] = limiter
	}
	l.mu.Unlock()
	r := limiter.ReserveN(now, 1)
	if wait = r.DelayFrom(now); wait > 0 {
		r.CancelAt(now)
	}
	left := max(int64(limiter.TokensAt(now)), 0)
	window := seconds(time.Duration(l.burst) * l.every)
	h.Set("Ratelimit-Policy", `"token";q=`+strconv.Itoa(l.burst)+";w="+strconv.FormatInt(window, 10))
	limit := `"token";r=` + strconv.FormatInt(left, 10)
	if left == 0 {
		limit += ";t=" + strconv.FormatInt(seconds(max(wait, l.every)), 10)
	}
	h.Set("Ratelimit", limit)
	return wait
}
