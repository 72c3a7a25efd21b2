package certs

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestClocksJump lets rapid set clocks by an hour to 800 days, ahead and back, of
// replicas that lead and that do not, at their start and later, while they are killed
// and calls are broken by others. Nothing is promised meanwhile; once all clocks are
// right, all calls have to succeed within a minute, and go on to.
func TestClocksJump(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(t, Timing{}, 0, 0, 0)
		w.replicas[0].leads = true
		some := func(t *rapid.T) *process { return w.replicas[rapid.IntRange(0, len(w.replicas)-1).Draw(t, "replica")] }
		act := func(t *rapid.T) {
			p := some(t)
			if p.mind == nil {
				w.start(p)
			}
			w.refresh(p)
			w.tick(t, p, -1)
		}
		t.Repeat(map[string]func(*rapid.T){
			"a clock jumps": func(t *rapid.T) {
				hours := rapid.SampledFrom([]int{1, 30, 30 * 24, 300 * 24, 800 * 24}).Draw(t, "hours")
				by := time.Duration(rapid.IntRange(-hours, hours).Draw(t, "jump")) * time.Hour
				some(t).skew = by
			},
			"a look":          act,
			"another look":    act,
			"one more look":   act,
			"a look or three": func(t *rapid.T) { act(t); act(t); act(t) },
			"90 s pass":       func(*rapid.T) { w.run(t, 90*time.Second) },
			"a day passes":    func(*rapid.T) { w.run(t, time.Minute); w.now = w.now.Add(24 * time.Hour) },
			"crash":           func(t *rapid.T) { p := some(t); p.mind, p.leads = nil, false },
			"lead":            func(t *rapid.T) { p := some(t); p.leads = p.mind != nil },
			"Secret deleted":  func(*rapid.T) { w.setSecret(nil) },
			"caBundle wiped": func(*rapid.T) {
				v := w.latest(configNames[0])
				w.write(configNames[0], true, v.view.hooks[0].uid, nil, true)
			},
			"clocks are right": func(*rapid.T) { w.setClocksRight(t) },
		})
		w.setClocksRight(t)
	})
}

// TestClockOff has one replica's clock be wrong by much, at its start or for 90 s, and
// either be the leader's.
func TestClockOff(t *testing.T) {
	const day = 24 * time.Hour
	for _, off := range []time.Duration{time.Hour, 30 * day, 300 * day, 800 * day, -time.Hour, -30 * day} {
		for _, leads := range []bool{true, false} {
			for _, fromStart := range []bool{true, false} {
				t.Run(fmt.Sprintf("by %s, leader %v, from the start %v", off, leads, fromStart), func(t *testing.T) {
					w := newWorld(t, Timing{}, 0, 0)
					wrong, other := w.replicas[0], w.replicas[1]
					if fromStart {
						wrong.skew = off
					}
					wrong.leads, other.leads = leads, !leads
					w.run(t, time.Minute)
					wrong.skew = off
					w.run(t, 90*time.Second)
					if !leads && off > 0 {
						w.allCallsSucceed(t) // a leaf is good for as long as its CA is
					}
					w.setClocksRight(t)
				})
			}
		}
	}
}

// setClocksRight sets all clocks and wants all to be well after a minute.
func (w *world) setClocksRight(t rapid.TB) {
	t.Helper()
	for i, p := range w.replicas {
		p.skew, p.leads = 0, i == 0
		if p.mind == nil {
			w.start(p)
		}
	}
	w.run(t, time.Minute)
	for i, p := range w.replicas {
		if p.mind.leaf != nil && w.now.Before(p.mind.leaf.cert.NotBefore) {
			t.Errorf("replica %d serves a leaf that is not valid yet", i)
		}
		if current := p.mind.state.Current; current == nil || w.now.Before(current.cert.NotBefore) || w.now.After(current.cert.NotAfter) {
			t.Errorf("replica %d: %v, which signs, is not valid now", i, current)
		}
	}
	w.allCallsSucceed(t)
	w.run(t, time.Minute)
	w.allCallsSucceed(t)
}

// run has all replicas look as they do: when something changes, when something is
// due, and every so often.
func (w *world) run(t rapid.TB, span time.Duration) {
	t.Helper()
	for end := w.now.Add(span); w.now.Before(end); {
		next := w.now.Add(lookAgain)
		for _, p := range w.replicas {
			if p.mind == nil {
				continue
			}
			for range 4 { // one write makes the next one due
				w.refresh(p)
				w.tick(t, p, -1)
			}
			due := p.mind.nextDue(w.now.Add(p.skew), p.leads).Add(-p.skew)
			if soonest := w.now.Add(10 * time.Millisecond); due.Before(soonest) {
				due = soonest
			}
			if due.Before(next) {
				next = due
			}
		}
		w.now = next
	}
}
