package webhook

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/outrigger-io/outrigger/pkg/configuration"
	"github.com/outrigger-io/outrigger/pkg/inject"
)

// saying is a configuration that says a word.
func saying(word string) *configuration.Texts {
	return configuration.From("", inject.Sources{Config: []byte("say: " + word)})
}

// compileText is a compiler for configurations that say "bad", "panic" or
// anything else, which is good.
func compileText(t *configuration.Texts) (Engine, error) {
	word := strings.TrimPrefix(string(t.Config), "say: ")
	switch word {
	case "bad":
		return nil, errors.New("config: line 3: no such function")
	case "panic":
		panic("compiler")
	}
	return textEngine(word), nil
}

// textEngine skips every pod, and has the word of its configuration as detail.
type textEngine string

func (e textEngine) Inject(inject.Request) (inject.Result, error) {
	return inject.Result{Decision: inject.Decision{Reason: inject.PolicyDisabled, Detail: string(e)}}, nil
}

// newTestCurrent is a Current over compileText, with its metrics.
func newTestCurrent(t *testing.T) (*Current, fixture) {
	t.Helper()
	registry, logged := prometheus.NewRegistry(), &bytes.Buffer{}
	metrics, err := newMetrics(registry)
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(logged, nil))
	return newCurrent(compileText, log, metrics), fixture{registry: registry, logged: logged}
}

// inForce is the word of the configuration in force.
func inForce(c *Current) string {
	engine, _ := c.Engine().(textEngine)
	return string(engine)
}

func TestLastGoodConfigurationStays(t *testing.T) {
	c, f := newTestCurrent(t)
	if c.Engine() != nil || c.Version() != "" || c.Fault() != nil {
		t.Fatal("something is in force before anything was applied")
	}
	for _, step := range []struct {
		name    string
		do      func() error
		inForce string
		valid   float64
		fault   string
	}{
		{"a bad one first", func() error { return c.Apply(saying("bad")) }, "", 0, "no such function"},
		{"a good one", func() error { return c.Apply(saying("one")) }, "one", 1, ""},
		{"a bad one", func() error { return c.Apply(saying("bad")) }, "one", 0, "no such function"},
		{"the same again", func() error { return c.Apply(saying("bad")) }, "one", 0, "no such function"},
		{"one that breaks the compiler", func() error { return c.Apply(saying("panic")) }, "one", 0, "panicked"},
		{"back to the good one", func() error { return c.Apply(saying("one")) }, "one", 1, ""},
		{"one that cannot be read", func() error { c.Fail(errors.New("gone")); return c.Fault() }, "one", 0, "gone"},
		{"which comes back", func() error { return c.Apply(saying("one")) }, "one", 1, ""},
		{"a newer one", func() error { return c.Apply(saying("two")) }, "two", 1, ""},
	} {
		err := step.do()
		if got := inForce(c); got != step.inForce {
			t.Errorf("%s: %q is in force, want %q", step.name, got, step.inForce)
		}
		if got := f.metric(t, "sidecar_injection_config_valid", ""); got != step.valid {
			t.Errorf("%s: config_valid %v, want %v", step.name, got, step.valid)
		}
		if (err == nil) != (step.fault == "") || err != nil && !strings.Contains(err.Error(), step.fault) {
			t.Errorf("%s: error %v, want %q", step.name, err, step.fault)
		}
		if !errors.Is(c.Fault(), err) {
			t.Errorf("%s: fault %v, want %v", step.name, c.Fault(), err)
		}
	}
}

func TestVersionTellsContentsApart(t *testing.T) {
	a := inject.Sources{Config: []byte("ab"), Values: []byte("c")}
	b := inject.Sources{Config: []byte("a"), Values: []byte("bc")}
	if sourcesVersion(a) == sourcesVersion(b) {
		t.Error("two configurations have one version")
	}
	if sourcesVersion(a) != sourcesVersion(inject.Sources{Config: []byte("ab"), Values: []byte("c"), Mesh: []byte{}}) {
		t.Error("one configuration has two versions")
	}
}
