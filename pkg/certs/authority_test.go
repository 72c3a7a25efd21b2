package certs

import (
	"crypto/x509"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestWholeLife runs years of an installation, looking at it whenever any
// replica does and verifying every leaf each time.
func TestWholeLife(t *testing.T) {
	for _, tc := range []struct {
		name   string
		timing Timing
		skews  []time.Duration
		span   time.Duration
		min    int // rotations
	}{
		{"defaults, three years", Timing{}, []time.Duration{0, 0}, 3 * 365 * 24 * time.Hour, 4},
		{"clocks two minutes off", Timing{}, []time.Duration{2 * time.Minute, -2 * time.Minute}, 2 * 365 * 24 * time.Hour, 2},
		{
			"short lives",
			Timing{CA: 30 * time.Second, Leaf: 10 * time.Second, Propagation: 2 * time.Second, ClockSkew: 2 * time.Second},
			[]time.Duration{0, 0, 0},
			10 * time.Minute, 25,
		},
		{
			"short lives, the leader's clock two minutes ahead",
			Timing{CA: 30 * time.Second, Leaf: 10 * time.Second, Propagation: 2 * time.Second, ClockSkew: 150 * time.Second},
			[]time.Duration{2 * time.Minute, 0},
			10 * time.Minute, 25,
		},
		{
			"short lives, a follower's clock two minutes ahead",
			Timing{CA: 30 * time.Second, Leaf: 10 * time.Second, Propagation: 2 * time.Second, ClockSkew: 150 * time.Second},
			[]time.Duration{0, 2 * time.Minute},
			10 * time.Minute, 25,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t, tc.timing, tc.skews...)
			w.replicas[0].leads = true
			var phases []Phase
			most := 0
			end := w.now.Add(tc.span)
			for first := true; w.now.Before(end); first = false {
				at := end
				for _, p := range w.replicas {
					// Three looks a replica: one write makes the next one due.
					for range 3 {
						w.refresh(p)
						w.tick(t, p, -1)
						w.check(t)
						if s := p.mind.state; p.leads && s != nil && (len(phases) == 0 || phases[len(phases)-1] != s.Phase) {
							phases = append(phases, s.Phase)
						}
					}
					if next := p.mind.nextDue(w.now.Add(p.skew), p.leads).Add(-p.skew); next.Before(at) {
						at = next
					}
				}
				if !first {
					w.allCallsSucceed(t)
				}
				most = max(most, len(w.latest(configNames[0]).view.hooks[0].certs))
				if at.Before(w.now.Add(time.Millisecond)) {
					at = w.now.Add(time.Millisecond)
				}
				w.now = at
			}
			rotations := 0
			for _, p := range phases {
				if p == Publish {
					rotations++
				}
			}
			t.Logf("%d rotations, at most %d CAs in a caBundle", rotations, most)
			if rotations < tc.min {
				t.Errorf("%d rotations in %s, want at least %d", rotations, tc.span, tc.min)
			}
			for i, p := range phases {
				if i == 0 {
					continue
				}
				if after := follows[phases[i-1]]; !slices.Contains(after, p) {
					t.Errorf("phase %s after %s", p, phases[i-1])
				}
			}
		})
	}
}

var follows = map[Phase][]Phase{
	Steady:    {Publish},
	Publish:   {Propagate},
	Propagate: {Retire},
	Retire:    {Steady, Publish},
}

// TestAnyOrder lets rapid choose what happens: replicas that see any old version,
// several that believe they lead, clocks that differ, crashes between any two
// writes, and other people's hands on every object. world.check holds after each.
func TestAnyOrder(t *testing.T) {
	timings := []Timing{
		{CA: time.Hour, Leaf: 10 * time.Minute, Propagation: 30 * time.Second, ClockSkew: 5 * time.Minute},
		{CA: 30 * time.Second, Leaf: 10 * time.Second, Propagation: 2 * time.Second, ClockSkew: 10 * time.Second},
	}
	rapid.Check(t, func(t *rapid.T) {
		timing := rapid.SampledFrom(timings).Draw(t, "timing")
		half := int64(timing.ClockSkew / 2)
		skew := rapid.Map(rapid.Int64Range(-half, half), func(n int64) time.Duration { return time.Duration(n) })
		w := newWorld(t, timing, skew.Draw(t, "skew 0"), skew.Draw(t, "skew 1"), skew.Draw(t, "skew 2"))
		w.replicas[0].leads = true

		some := func(t *rapid.T) *process { return w.replicas[rapid.IntRange(0, len(w.replicas)-1).Draw(t, "replica")] }
		config := func(t *rapid.T) string { return rapid.SampledFrom(configNames).Draw(t, "configuration") }
		other, err := newCA("somebody else", w.authority.timing, w.now)
		if err != nil {
			t.Fatal(err)
		}
		// tamper writes a configuration's caBundle as somebody else.
		tamper := func(name string, bundle []byte) {
			if v := w.latest(name); v.exists {
				w.write(name, true, v.view.hooks[0].uid, bundle, true)
			}
		}
		look := func(t *rapid.T) {
			p := some(t)
			if p.mind == nil {
				return
			}
			p.secretAt = rapid.IntRange(p.secretAt, len(w.secrets)-1).Draw(t, "Secret seen")
			for _, name := range configNames {
				p.configAt[name] = rapid.IntRange(p.configAt[name], len(w.configs[name])-1).Draw(t, name+" seen")
			}
			if w.tick(t, p, rapid.SampledFrom([]int{-1, -1, -1, -1, 0, 1, 2}).Draw(t, "writes before a crash")) {
				p.mind, p.leads = nil, false
			}
		}
		current := func(t *rapid.T) {
			p := some(t)
			if p.mind == nil {
				w.start(p)
			}
			w.refresh(p)
			w.tick(t, p, -1)
		}
		t.Repeat(map[string]func(*rapid.T){
			"time passes": func(t *rapid.T) {
				longest := int64(rapid.SampledFrom([]time.Duration{
					time.Second, timing.Propagation, timing.Leaf, timing.CA / 3, timing.CA / 3,
				}).Draw(t, "up to"))
				w.now = w.now.Add(time.Duration(rapid.Int64Range(1, longest).Draw(t, "for")))
			},
			"look with an old view":         look,
			"look with an old view again":   look,
			"look with a fresh view":        current,
			"look with a fresh view again":  current,
			"look with a fresh view thrice": current,
			"crash":                         func(t *rapid.T) { p := some(t); p.mind, p.leads = nil, false },
			"lead":                          func(t *rapid.T) { p := some(t); p.leads = p.mind != nil },
			"stop leading":                  func(t *rapid.T) { some(t).leads = false },
			"caBundle wiped":                func(t *rapid.T) { tamper(config(t), nil) },
			"caBundle replaced":             func(t *rapid.T) { tamper(config(t), encodeBundle([]*x509.Certificate{other.cert})) },
			"caBundle set back": func(t *rapid.T) {
				name := config(t)
				old := w.configs[name][rapid.IntRange(0, len(w.configs[name])-1).Draw(t, "version")]
				if old.exists {
					tamper(name, old.view.hooks[0].bundle)
				}
			},
			"configuration deleted": func(t *rapid.T) {
				if name := config(t); w.latest(name).exists {
					w.write(name, false, "", nil, true)
				}
			},
			"configuration made again": func(t *rapid.T) {
				if name := config(t); !w.latest(name).exists {
					w.write(name, true, "uid-"+w.nextRevision(), nil, true)
				}
			},
			"Secret deleted": func(*rapid.T) { w.setSecret(nil) },
			"Secret edited to rubbish": func(*rapid.T) {
				if w.secret().present {
					w.setSecret(map[string][]byte{keyPhase: []byte("rubbish")})
				}
			},
			"Secret set back": func(t *rapid.T) {
				old := w.secrets[rapid.IntRange(0, len(w.secrets)-1).Draw(t, "version")]
				// A backup is of an authority that was in use.
				if state, err := decodeState(old.data, w.authority.name); err != nil || w.wasPublished(state.Current) {
					w.setSecret(old.data)
				}
			},
			"everything settles": func(t *rapid.T) { w.settle(t) },
			"":                   func(t *rapid.T) { w.check(t) },
		})
		w.settle(t)
	})
}
