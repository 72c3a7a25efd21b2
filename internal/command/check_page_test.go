package command

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/outrigger-io/outrigger/pkg/check"
	"github.com/outrigger-io/outrigger/pkg/explain"
	"github.com/outrigger-io/outrigger/pkg/inject"
)

// TestFindingsPage has findings on a narrow terminal, without colours and with them.
func TestFindingsPage(t *testing.T) {
	findings := []check.Finding{
		{Severity: check.OK, Reason: check.EndpointsReady, Subject: "Service a/b", What: "2 replicas are ready"},
		{Severity: check.Error, Reason: check.ConfigMapMissing, Subject: "ConfigMap a/c", What: "there is none", Next: "bring it back, or say where it is"},
	}
	p := &page{width: 36}
	p.findings(findings)
	want := strings.Join([]string{
		"✓ EndpointsReady  Service a/b: 2",
		"  replicas are ready",
		"✗ ConfigMapMissing  ConfigMap a/c:",
		"  there is none",
		"  -> bring it back, or say where it",
		"     is",
		"1 error, 0 warnings",
		"",
	}, "\n")
	if diff := cmp.Diff(want, p.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}

	p = &page{width: 80, colour: true}
	p.findings(findings)
	for _, want := range []string{green + "✓ EndpointsReady", red + "✗ ConfigMapMissing"} {
		if !strings.Contains(p.String(), want) {
			t.Errorf("%q is not in %q", want, p)
		}
	}
}

// TestComparedPage has what a new configuration changes on a narrow terminal.
func TestComparedPage(t *testing.T) {
	c := &comparedPods{now: &inject.Injector{}, next: &inject.Injector{}, Looked: 3, Broken: 1, Workloads: []comparedPod{
		{
			Workload: "Deployment a/b", Before: outcomeOfPod{Is: "injected"}, After: outcomeOfPod{Is: "injected"},
			Differences: []explain.Difference{{Name: "spec.hostname", Change: explain.Changed, Before: []byte(`"x"`), After: []byte(`"y"`)}},
		},
		{Workload: "Deployment a/c", Before: outcomeOfPod{Is: "injected"}, After: outcomeOfPod{Is: "refused", Because: "it is not welcome"}},
	}}
	p := &page{width: 40}
	p.compared(c)
	want := strings.Join([]string{
		"Deployment a/b: other pods",
		`  spec.hostname  "x" -> "y"`,
		"Deployment a/c: refused, now injected:",
		"  it is not welcome",
		"1 of 3 workloads would get other pods, 1",
		"none at all",
		"",
	}, "\n")
	if diff := cmp.Diff(want, p.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestExplanationPage has what became of a pod on a narrow terminal.
func TestExplanationPage(t *testing.T) {
	e := check.Explanation{
		Subject: "Pod a/b", Verdict: check.NotInjected, Reason: "PodOlder", Because: "it was created before the labels", Next: "restart it",
		Steps:       []check.Step{{Answer: check.No, Where: "the pod", Rule: "annotation", What: "there is none"}, {Answer: check.Unknown, Where: "outrigger", Rule: "labels", What: "not known"}},
		Differences: []check.Difference{{Name: "spec.hostname", Would: []byte(`"y"`), Because: "of an edit"}},
	}
	p := &page{width: 36}
	p.explanation(e)
	want := strings.Join([]string{
		"Pod a/b",
		"  the pod",
		"    no       annotation: there is",
		"             none",
		"  outrigger",
		"    unknown  labels: not known",
		"not injected (PodOlder): it was",
		"  created before the labels",
		"-> restart it",
		"injected now, it would have other",
		"    fields:",
		"  of an edit",
		"    spec.hostname  is not there, and",
		"      would be \"y\"  ",
		"",
	}, "\n")
	if diff := cmp.Diff(want, p.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	p = &page{colour: true}
	if p.explanation(e); !strings.Contains(p.String(), red+"not injected (PodOlder)") {
		t.Errorf("the verdict is not red in %q", p)
	}
}
