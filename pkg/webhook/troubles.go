package webhook

import (
	"bytes"
	"log/slog"
	"sync"
	"time"
)

// troubles are what goes wrong by the thousand where somebody wants it to, and is
// about no pod: handshakes that break off, garbage, calls for which there is no room.
// The first of a kind is a line of the log, and once a minute how many more there were.
type troubles struct {
	log *slog.Logger

	mu    sync.Mutex
	kinds map[string]*trouble
}

type trouble struct {
	more int
	last string
}

// troublesEvery is how long one line says how many there were.
const troublesEvery = time.Minute

func newTroubles(log *slog.Logger) *troubles {
	return &troubles{log: log, kinds: map[string]*trouble{}}
}

// note counts one, and what it was.
func (t *troubles) note(kind, what string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if known := t.kinds[kind]; known != nil {
		known.more++
		known.last = what
		return
	}
	t.kinds[kind] = &trouble{}
	t.log.Warn(kind, "example", bounded(what, maxExample))
	time.AfterFunc(troublesEvery, func() { t.tell(kind) })
}

// maxExample is how many bytes of one are shown.
const maxExample = 256

// tell says how many more there were, until there are none.
func (t *troubles) tell(kind string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	known := t.kinds[kind]
	if known.more == 0 {
		delete(t.kinds, kind)
		return
	}
	t.log.Warn(kind, "more", known.more, "within", troublesEvery.String(), "example", bounded(known.last, maxExample))
	known.more = 0
	time.AfterFunc(troublesEvery, func() { t.tell(kind) })
}

// connectionTroubles are the kinds that net/http tells of, by how its text begins.
var connectionTroubles = []struct{ begins, kind string }{
	{"http: TLS handshake error", "a TLS handshake broke off"},
	{"http: Accept error", "a connection could not be taken"},
	{"http: panic", "a panic while answering"},
}

// Write takes a line of net/http's own log.
func (t *troubles) Write(line []byte) (int, error) {
	text, kind := string(bytes.TrimSpace(line)), "a connection broke off"
	for _, known := range connectionTroubles {
		if bytes.HasPrefix(line, []byte(known.begins)) {
			kind = known.kind
		}
	}
	t.note(kind, text)
	return len(line), nil
}
