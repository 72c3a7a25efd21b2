package certs

import (
	"crypto/x509"
	"fmt"
	"slices"
	"time"

	"pgregory.net/rapid"
)

var epoch = time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)

// world is a cluster in miniature: the Secret and the webhook configurations
// with all their versions, and replicas that see any version they have not yet
// passed. Time goes on only when a test says so.
type world struct {
	now       time.Time
	authority authority
	secrets   []secretView
	configs   map[string][]configVersion
	replicas  []*process
	revision  int
	// fromNothing are the CAs of authorities begun when neither the Secret nor
	// any caBundle told of one before.
	fromNothing []*x509.Certificate
}

// configVersion is one version of a webhook configuration.
type configVersion struct {
	at     time.Time
	view   configView
	exists bool
	// fault is set on what others wrote: it promises nothing.
	fault bool
}

// process is a replica with its place in the world.
type process struct {
	mind     *replica
	skew     time.Duration
	leads    bool
	secretAt int // the version it sees
	configAt map[string]int
	// revived is when it last gave up a leaf that no longer worked. What older
	// caBundles say of the new one is then of no matter: no call was saved by
	// waiting.
	revived time.Time
}

const (
	testService   = "outrigger"
	testNamespace = "mesh"
	testHost      = testService + "." + testNamespace + ".svc"
)

var configNames = []string{"hooks-a", "hooks-b"}

func newWorld(tb rapid.TB, timing Timing, skews ...time.Duration) *world {
	tb.Helper()
	timing, err := timing.withDefaults()
	if err != nil {
		tb.Fatal(err)
	}
	w := &world{
		now:       epoch,
		authority: authority{name: authorityName(testService, testNamespace), timing: timing},
		secrets:   []secretView{{}},
		configs:   map[string][]configVersion{},
	}
	for _, name := range configNames {
		w.write(name, true, "uid-0", nil, true)
	}
	for _, skew := range skews {
		w.replicas = append(w.replicas, &process{skew: skew, configAt: map[string]int{}})
	}
	for _, p := range w.replicas {
		w.start(p)
	}
	return w
}

func (w *world) nextRevision() string {
	w.revision++
	return fmt.Sprint(w.revision)
}

// write stores a version of a configuration with one entry that calls us.
func (w *world) write(name string, exists bool, uid string, bundle []byte, fault bool) {
	v := configVersion{at: w.now, exists: exists, fault: fault}
	v.view = configView{name: name, resourceVersion: w.nextRevision()}
	if exists {
		v.view.hooks = []hook{{config: name, uid: uid, name: "inject", bundle: bundle, certs: decodeBundle(bundle)}}
	}
	w.configs[name] = append(w.configs[name], v)
}

func (w *world) latest(name string) configVersion {
	return w.configs[name][len(w.configs[name])-1]
}

func (w *world) secret() secretView { return w.secrets[len(w.secrets)-1] }

func (w *world) setSecret(data map[string][]byte) {
	w.secrets = append(w.secrets, secretView{present: data != nil, resourceVersion: w.nextRevision(), data: data})
}

// start is a process without memory. Its first view is what is there now.
func (w *world) start(p *process) {
	p.mind = newReplica(w.authority, []string{testHost})
	w.refresh(p)
}

func (w *world) refresh(p *process) {
	p.secretAt = len(w.secrets) - 1
	for _, name := range configNames {
		p.configAt[name] = len(w.configs[name]) - 1
	}
}

// tick lets a replica look, judge and act. It stops, as a crash would, when
// writes have been made so many times; a negative number is no crash. Writes made
// from a version that has been passed are refused, as the API server does.
func (w *world) tick(tb rapid.TB, p *process, writes int) (crashed bool) {
	tb.Helper()
	w.observe(p)
	now := w.now.Add(p.skew)
	before := p.mind.leaf
	if _, err := p.mind.tend(now); err != nil {
		tb.Fatal(err)
	}
	if before != nil && w.now.After(before.cert.NotAfter) && !before.ca.cert.Equal(p.mind.leaf.ca.cert) {
		p.revived = w.now
	}
	bundles := p.mind.bundlesDue(now, p.leads)
	if p.leads && p.mind.state == nil {
		// As the real thing does, read what is really there before making an
		// authority from nothing.
		w.refresh(p)
		w.observe(p)
	}
	sw, err := p.mind.secretDue(now, p.leads)
	if err != nil {
		tb.Fatal(err)
	}
	for _, b := range bundles {
		if writes == 0 {
			return true
		}
		w.commitBundle(b)
		writes--
	}
	if writes == 0 {
		return true
	}
	if sw != nil && w.commitSecret(tb, sw) && p.mind.state == nil && len(sw.state.Retired) == 0 {
		w.fromNothing = append(w.fromNothing, sw.state.Current.cert)
	}
	return false
}

func (w *world) observe(p *process) {
	views := make([]configView, 0, len(configNames))
	for _, name := range configNames {
		if v := w.configs[name][p.configAt[name]]; v.exists {
			views = append(views, v.view)
		}
	}
	p.mind.observe(w.now.Add(p.skew), w.secrets[p.secretAt], views)
}

func (w *world) commitSecret(tb rapid.TB, sw *secretWrite) bool {
	tb.Helper()
	have := w.secret()
	if have.present != (sw.resourceVersion != "") || have.present && have.resourceVersion != sw.resourceVersion {
		return false
	}
	data, err := sw.state.encode()
	if err != nil {
		tb.Fatal(err)
	}
	w.setSecret(data)
	return true
}

func (w *world) commitBundle(b bundleWrite) {
	have := w.latest(b.config)
	if !have.exists || have.view.resourceVersion != b.resourceVersion {
		return
	}
	w.write(b.config, true, have.view.hooks[0].uid, b.bundles[0], false)
}

// check is what is promised at every instant. Each leaf that a live replica
// serves has its CA in every caBundle that Outrigger wrote and that some API
// server may still go by, which is any that was in force within the propagation
// time. A CA that somebody else's write threw out is excused until it is back.
func (w *world) check(tb rapid.TB) {
	tb.Helper()
	for i, p := range w.replicas {
		from := w.now.Add(-w.authority.timing.Propagation)
		if p.revived.After(from) {
			from = p.revived
		}
		if p.mind == nil || p.mind.leaf == nil {
			continue
		}
		ca := p.mind.leaf.ca.cert
		if w.now.After(ca.NotAfter) {
			continue // no leaf of it works, and nothing is promised of it
		}
		for _, name := range configNames {
			versions := w.configs[name]
			for j := len(versions) - 1; j >= 0; j-- {
				if j < len(versions)-1 && !versions[j+1].at.After(from) {
					break // passed before the propagation time
				}
				if versions[j].exists && !versions[j].fault && !w.trusts(versions[j], ca) && !w.excused(versions, j, ca) {
					tb.Fatalf("replica %d serves a leaf of CA %s, which version %s of %s lacks (of %d, now %s)",
						i, fingerprint(ca), versions[j].view.resourceVersion, name, len(versions), w.now.Sub(epoch))
				}
			}
		}
	}
}

func (w *world) trusts(v configVersion, ca *x509.Certificate) bool {
	return v.exists && contains(v.view.hooks[0].certs, ca)
}

// wasPublished is whether a CA has been in every configuration.
func (w *world) wasPublished(ca *CA) bool {
	return ca == nil || !slices.ContainsFunc(configNames, func(name string) bool {
		return !slices.ContainsFunc(w.configs[name], func(v configVersion) bool { return w.trusts(v, ca.cert) })
	})
}

// excused is whether a CA is missing because somebody else's write took it out,
// or because the Secret and every caBundle were lost at once, so that nobody
// could tell that replicas with leaves of an older CA were alive. In both cases
// calls fail until the caBundles are right again, whatever is done.
func (w *world) excused(versions []configVersion, j int, ca *x509.Certificate) bool {
	for ; j > 0; j-- {
		if w.trusts(versions[j-1], ca) {
			return versions[j].fault
		}
	}
	return contains(w.fromNothing, ca)
}

// settle lets all replicas see and act for long enough that every fault must be
// repaired and every leaf good, and then wants just that.
func (w *world) settle(tb rapid.TB) {
	tb.Helper()
	for _, name := range configNames {
		if !w.latest(name).exists {
			w.write(name, true, "uid-settle-"+w.nextRevision(), nil, true)
		}
	}
	for i, p := range w.replicas {
		p.leads = i == 0
		if p.mind == nil {
			w.start(p)
		}
	}
	step := w.authority.timing.Propagation / 10
	for range 35 {
		for _, p := range w.replicas {
			w.refresh(p)
			w.tick(tb, p, -1)
			w.check(tb)
		}
		w.now = w.now.Add(step)
	}
	w.allCallsSucceed(tb)
	for i, p := range w.replicas {
		w.refresh(p)
		w.observe(p)
		for _, since := range []time.Time{p.mind.bundleBrokenSince, p.mind.secretLostSince} {
			// A CA may just have come to its end by this replica's clock.
			if since.IsZero() || w.now.Add(p.skew).Sub(since) < 2*standIn {
				continue
			}
			tb.Fatalf("replica %d still sees something to repair", i)
		}
	}
}

// allCallsSucceed verifies every replica's leaf as the API server would, against
// every caBundle as it is.
func (w *world) allCallsSucceed(tb rapid.TB) {
	tb.Helper()
	for i, p := range w.replicas {
		if p.mind == nil {
			continue
		}
		if p.mind.leaf == nil {
			tb.Fatalf("replica %d has no leaf", i)
		}
		for _, name := range configNames {
			roots := x509.NewCertPool()
			roots.AppendCertsFromPEM(w.latest(name).view.hooks[0].bundle)
			_, err := p.mind.leaf.cert.Verify(x509.VerifyOptions{Roots: roots, DNSName: testHost, CurrentTime: w.now})
			if err != nil {
				tb.Fatalf("replica %d, %s, %s after the start: %v", i, name, w.now.Sub(epoch), err)
			}
		}
	}
}
