package webhook

import (
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/outrigger-io/outrigger/pkg/inject"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// Every call is one request and one of success, failure and skip; garbage is none.
func TestCountsAreHonest(t *testing.T) {
	results := map[string]func() (inject.Result, error){
		"inject": func() (inject.Result, error) { return addsContainer(inject.Request{}) },
		"again": func() (inject.Result, error) {
			return inject.Result{Decision: inject.Decision{Inject: true, Reason: inject.LabelEnabled}}, nil
		},
		"skip": func() (inject.Result, error) {
			return inject.Result{Decision: inject.Decision{Reason: inject.HostNetwork}}, nil
		},
		"refuse": func() (inject.Result, error) {
			return inject.Result{Decision: inject.Decision{Reason: inject.TemplateUnknown}}, errors.New("no such template")
		},
	}
	f := newFixture(t, engineFunc(func(r inject.Request) (inject.Result, error) { return results[r.Namespace]() }))
	for _, namespace := range []string{"inject", "skip", "again", "refuse", "skip", "inject"} {
		answerOf(t, f.post(strings.Replace(creationOf(pod), "shop", namespace, 1)))
	}
	f.post("garbage")
	answerOf(t, f.post(reviewOf(reviewV1, podKinds+`,"operation":"DELETE"`)))
	for _, want := range []struct {
		name, reason string
		value        float64
	}{
		{"sidecar_injection_requests_total", "", 7},
		{"sidecar_injection_time_seconds", "", 7},
		{"outrigger_bad_requests_total", "", 1},
		{"sidecar_injection_success_total", "", 3},
		{"sidecar_injection_skip_total", "HostNetwork", 2},
		{"sidecar_injection_skip_total", "NotACreation", 1},
		{"sidecar_injection_failure_total", "TemplateUnknown", 1},
		{"sidecar_injection_failure_total", "InvalidReview", 0},
		{"sidecar_injection_failure_total", "Panic", 0},
		{"sidecar_injection_panics_total", "", 0},
		{"sidecar_injection_config_valid", "", 1},
	} {
		if got := f.metric(t, want.name, want.reason); got != want.value {
			t.Errorf("%s{reason=%q} = %v, want %v", want.name, want.reason, got, want.value)
		}
	}
	for _, name := range []string{"go_goroutines", "process_cpu_seconds_total"} {
		families, _ := f.registry.Gather()
		found := false
		for _, family := range families {
			found = found || family.GetName() == name
		}
		if !found {
			t.Errorf("no metric %s", name)
		}
	}
}

func TestLogLine(t *testing.T) {
	f := newFixture(t, engineFunc(func(inject.Request) (inject.Result, error) {
		result, err := addsContainer(inject.Request{})
		result.Warnings = []string{"one"}
		return result, err
	}))
	f.logged.Reset()
	secret := strings.Replace(pod, "cart-0", "hush", 1)
	answerOf(t, f.post(strings.Replace(creationOf(secret), `"operation"`, `"dryRun":true,"operation"`, 1)))
	line := f.logged.String()
	if strings.Count(line, "\n") != 1 {
		t.Errorf("a decision is one line, got %q", line)
	}
	for _, want := range []string{"level=INFO", "decision=injected", "reason=PolicyEnabled", "namespace=shop", "workload=Deployment/cart", "uid=7f0b", "duration=", "warnings=1", "dryRun=true"} {
		if !strings.Contains(line, want) {
			t.Errorf("the log line lacks %q: %s", want, line)
		}
	}
	if strings.Contains(line, "hush") {
		t.Errorf("the log line holds the pod: %s", line)
	}
}

// Whatever stands in a review, its line has a bound.
func TestLogLinesAreBounded(t *testing.T) {
	long := strings.Repeat("x", 100_000)
	f := newFixture(t, engineFunc(func(r inject.Request) (inject.Result, error) {
		if r.Namespace == "panic" {
			panic(long)
		}
		return inject.Result{
			Decision: inject.Decision{Reason: inject.InvalidAnnotation, Detail: long},
			Workload: inject.Workload{Kind: long, Name: long},
		}, errors.New(long)
	}))
	for name, body := range map[string]string{
		"uid":           strings.Replace(creationOf(pod), "7f0b", long, 1),
		"namespace":     strings.Replace(creationOf(pod), "shop", long, 1),
		"a panic":       strings.Replace(strings.Replace(creationOf(pod), "shop", "panic", 1), "7f0b", long, 1),
		"generateName":  creationOf(`{"metadata":{"generateName":"` + long + `"}}`),
		"kind":          strings.Replace(creationOf(pod), "AdmissionReview", long, 1),
		"another field": strings.Replace(creationOf(pod), `"operation"`, `"`+long+`"`, 1),
		"garbage":       long,
	} {
		f.logged.Reset()
		f.post(body)
		for line := range strings.Lines(f.logged.String()) {
			if len(line) > 12_000 {
				t.Errorf("%s: a line of %d bytes: %.200s", name, len(line), line)
			}
		}
	}
}

// A pod that belongs to nothing and has yet to get its name is told by what it is made
// of.
func TestLogLineOfABarePod(t *testing.T) {
	f := newFixture(t, engineFunc(func(inject.Request) (inject.Result, error) {
		return inject.Result{Decision: inject.Decision{Reason: inject.PolicyDisabled}, Workload: inject.Workload{Kind: "Pod"}}, nil
	}))
	for of, want := range map[string]string{`"generateName":"trial-"`: "workload=Pod/trial-*", `"labels":{}`: "workload=Pod "} {
		f.logged.Reset()
		answerOf(t, f.post(creationOf(`{"metadata":{`+of+`},"spec":{"containers":[]}}`)))
		if line := f.logged.String(); !strings.Contains(line, want) {
			t.Errorf("with %s, the log line lacks %q: %s", of, want, line)
		}
	}
}

// Calls at once do not get into each other's memory.
func TestCallsAtOnce(t *testing.T) {
	f := newFixture(t, engineFunc(func(r inject.Request) (inject.Result, error) {
		return inject.Result{
			Decision: inject.Decision{Inject: true, Reason: inject.PolicyEnabled},
			Patch:    tree.Patch{tree.NewOperation("add", "/metadata", json.RawMessage(r.Pod))},
		}, nil
	}))
	f.log = slog.New(slog.DiscardHandler)
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			own := `{"name":"` + strings.Repeat(string(rune('a'+i)), 100*(i+1)) + `"}`
			for range 50 {
				got := answerOf(t, f.post(creationOf(own)))
				if want := `[{"op":"add","path":"/metadata","value":` + own + `}]`; string(got.Response.Patch) != want {
					t.Errorf("got %s, want %s", got.Response.Patch, want)
				}
			}
		})
	}
	all.Wait()
}
