package webhook

import (
	"context"
	"net/http"
	"strings"
	"time"
)

// budget is the time that a call has and whether its caller still waits: a context
// that is looked at between steps. It has no timer, and its Done is of the caller
// alone; what waits takes what waiting returns.
type budget struct {
	context.Context // ends when the caller is gone
	until           time.Time
}

// budgetOf is what the API server allows, which says in the URL how long it waits
// (timeoutSeconds of the webhook), but for the time that the answer needs to get back.
func budgetOf(r *http.Request, began time.Time) budget {
	allowed := timeoutIn(r.URL.RawQuery)
	return budget{r.Context(), began.Add(allowed - min(allowed/10, longestWay))}
}

// longestWay is how long an answer is taken to be on its way at most.
const longestWay = 250 * time.Millisecond

func timeoutIn(query string) time.Duration {
	for pair := range strings.SplitSeq(query, "&") {
		if text, ok := strings.CutPrefix(pair, "timeout="); ok {
			if d, err := time.ParseDuration(text); err == nil && d > 0 {
				return min(d, LongestCall)
			}
		}
	}
	return LongestCall
}

// Deadline implements context.Context.
func (b *budget) Deadline() (time.Time, bool) { return b.until, true }

// Err implements context.Context.
func (b *budget) Err() error {
	if err := b.Context.Err(); err != nil {
		return err
	}
	if !time.Now().Before(b.until) {
		return context.DeadlineExceeded
	}
	return nil
}

// waiting is a context that ends by itself, for at most so long.
func (b *budget) waiting(most time.Duration) (context.Context, context.CancelFunc) {
	until := time.Now().Add(most)
	if b.until.Before(until) {
		until = b.until
	}
	return context.WithDeadline(b.Context, until)
}
