package webhook

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/outrigger-io/outrigger/pkg/inject"
)

func TestBudgets(t *testing.T) {
	began := time.Now()
	for query, want := range map[string]time.Duration{
		"":                     LongestCall - longestWay,
		"timeout=10s":          10*time.Second - longestWay,
		"timeout=1s":           900 * time.Millisecond,
		"a=b&timeout=5s&c":     5*time.Second - longestWay,
		"timeout=1h":           LongestCall - longestWay,
		"timeout=-1s":          LongestCall - longestWay,
		"timeout=soon":         LongestCall - longestWay,
		"notimeout=1s&xtime=1": LongestCall - longestWay,
	} {
		b := budgetOf(httptest.NewRequest(http.MethodPost, "/inject?"+query, nil), began)
		if got := b.until.Sub(began); got != want {
			t.Errorf("%q: %v, want %v", query, got, want)
		}
	}
}

// A call whose time is up is refused, and so is one whose caller is gone, for whoever
// reads the log.
func TestCallsEnd(t *testing.T) {
	engine := engineFunc(func(r inject.Request) (inject.Result, error) {
		<-time.After(2 * time.Millisecond)
		if err := r.Context.Err(); err != nil {
			return inject.Result{Decision: inject.Decision{Reason: inject.OutOfTime}}, err
		}
		return inject.Result{}, errors.New("there was time")
	})
	gone, leave := context.WithCancel(t.Context())
	leave()
	for name, test := range map[string]struct {
		query  string
		caller context.Context
		want   string
	}{
		"no time": {"?timeout=1ms", t.Context(), "context deadline exceeded"},
		"gone":    {"?timeout=10s", gone, "context canceled"},
		"time":    {"?timeout=10s", t.Context(), "there was time"},
	} {
		f := newFixture(t, engine)
		r := httptest.NewRequestWithContext(test.caller, http.MethodPost, "/inject"+test.query, strings.NewReader(creationOf(pod)))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		f.ServeHTTP(w, r)
		got := answerOf(t, w).Response
		if got.Allowed || got.Result.Message != test.want {
			t.Errorf("%s: %+v", name, got.Result)
		}
		if outOfTime := name != "time"; outOfTime != (got.Result.Code == http.StatusGatewayTimeout && got.Result.Reason == "Timeout") {
			t.Errorf("%s: refused as %d %s", name, got.Result.Code, got.Result.Reason)
		}
	}
}
