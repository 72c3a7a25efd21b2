package webhook

import (
	"bytes"
	"log"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestTroublesAreCounted: ten thousand handshakes that break off are two lines.
func TestTroublesAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var logged bytes.Buffer
		troubles := newTroubles(slog.New(slog.NewTextHandler(&logged, nil)))
		errorLog := log.New(troubles, "", 0)
		for range 10_000 {
			errorLog.Print("http: TLS handshake error from 10.0.0.1:1234: EOF")
		}
		troubles.note("a request is no call that can be answered", strings.Repeat("x", 1<<20))
		time.Sleep(troublesEvery + time.Second)
		synctest.Wait()
		lines := strings.Split(strings.TrimSpace(logged.String()), "\n")
		if len(lines) != 3 || !strings.Contains(lines[2], `msg="a TLS handshake broke off" more=9999`) || len(logged.String()) > 2_000 {
			t.Errorf("%d lines: %.2000s", len(lines), logged.String())
		}
		// After a minute without any the next one is told at once.
		time.Sleep(2 * troublesEvery)
		synctest.Wait()
		logged.Reset()
		errorLog.Print("http: TLS handshake error from 10.0.0.1:1234: EOF")
		if !strings.Contains(logged.String(), "10.0.0.1:1234: EOF") {
			t.Errorf("the next one is not told: %s", logged.String())
		}
		time.Sleep(2 * troublesEvery)
	})
}
