package inject_test

import (
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"strings"
	"testing"

	"github.com/outrigger-io/outrigger/pkg/inject"
)

const plainPod = `{spec: {containers: [{name: app}]}}`

// decisions has a case for every reason there is, and for what beats what.
var decisions = []struct {
	name   string
	config string // lines put before the test mesh's own
	v1     bool
	pod    string
	inject.Request
	want   inject.Decision
	warn   string
	refuse string // part of the refusal's message
}{
	{name: "nothing said", pod: plainPod, want: inject.Decision{Inject: true, Reason: inject.PolicyEnabled, Detail: "the configuration's policy is enabled"}},
	{name: "host network", pod: `{metadata: {labels: {sidecar.istio.io/inject: "true"}}, spec: {hostNetwork: true, containers: [{name: app}]}}`, want: inject.Decision{Reason: inject.HostNetwork, Detail: "hostNetwork is true"}},
	{name: "the cluster's own namespace", pod: plainPod, Request: inject.Request{Namespace: "kube-system"}, want: inject.Decision{Reason: inject.NamespaceIgnored, Detail: "namespace kube-system is never injected"}},
	{name: "the namespace in the pod", pod: `{metadata: {namespace: kube-node-lease}, spec: {containers: [{name: app}]}}`, want: inject.Decision{Reason: inject.NamespaceIgnored, Detail: "namespace kube-node-lease is never injected"}},
	{name: "label true", config: "policy: disabled", pod: `{metadata: {labels: {sidecar.istio.io/inject: "true"}, annotations: {sidecar.istio.io/inject: "false"}}, spec: {containers: [{name: app}]}}`, want: inject.Decision{Inject: true, Reason: inject.LabelEnabled, Detail: "label sidecar.istio.io/inject is true"}, warn: "annotation sidecar.istio.io/inject is deprecated: use the label of the same name"},
	{name: "label false", pod: `{metadata: {labels: {sidecar.istio.io/inject: "false"}, annotations: {sidecar.istio.io/inject: "true"}}, spec: {containers: [{name: app}]}}`, want: inject.Decision{Reason: inject.LabelDisabled, Detail: "label sidecar.istio.io/inject is false"}},
	{name: "annotation true", config: "policy: disabled", pod: `{metadata: {annotations: {sidecar.istio.io/inject: "true"}}, spec: {containers: [{name: app}]}}`, want: inject.Decision{Inject: true, Reason: inject.AnnotationEnabled, Detail: "annotation sidecar.istio.io/inject is true"}, warn: "annotation sidecar.istio.io/inject is deprecated: use the label of the same name; where a namespace does not ask for injection, API servers go by the label alone"},
	{name: "annotation false", pod: `{metadata: {annotations: {sidecar.istio.io/inject: "false"}}, spec: {containers: [{name: app}]}}`, want: inject.Decision{Reason: inject.AnnotationDisabled, Detail: "annotation sidecar.istio.io/inject is false"}},
	{name: "neither true nor false", pod: `{metadata: {labels: {sidecar.istio.io/inject: "yes"}}, spec: {containers: [{name: app}]}}`, want: inject.Decision{Inject: true, Reason: inject.PolicyEnabled, Detail: "the configuration's policy is enabled"}, warn: `label sidecar.istio.io/inject: "yes" is neither true nor false and was ignored`},
	{name: "never", config: "neverInjectSelector: [{}, {matchLabels: {app: a}}]\nalwaysInjectSelector: [{matchLabels: {app: a}}]", pod: `{metadata: {labels: {app: a}}, spec: {containers: [{name: app}]}}`, want: inject.Decision{Reason: inject.NeverInjectSelector, Detail: `neverInjectSelector {"matchLabels":{"app":"a"}} matches`}},
	{name: "never, but the label asks", config: "neverInjectSelector: [{matchLabels: {app: a}}]", pod: `{metadata: {labels: {app: a, sidecar.istio.io/inject: "true"}}, spec: {containers: [{name: app}]}}`, want: inject.Decision{Inject: true, Reason: inject.LabelEnabled, Detail: "label sidecar.istio.io/inject is true"}},
	{name: "always", config: "policy: disabled\nalwaysInjectSelector: [{matchExpressions: [{key: app, operator: Exists}]}]", pod: `{metadata: {labels: {app: a}}, spec: {containers: [{name: app}]}}`, want: inject.Decision{Inject: true, Reason: inject.AlwaysInjectSelector, Detail: `alwaysInjectSelector {"matchExpressions":[{"key":"app","operator":"Exists"}]} matches`}},
	{name: "policy disabled", config: "policy: disabled", pod: plainPod, want: inject.Decision{Reason: inject.PolicyDisabled, Detail: "the configuration's policy is disabled, and nothing asks for injection"}},
	{name: "policy unknown", config: "policy: sometimes", pod: `{metadata: {labels: {sidecar.istio.io/inject: "true"}}, spec: {containers: [{name: app}]}}`, want: inject.Decision{Reason: inject.PolicyInvalid, Detail: `the configuration's policy "sometimes" is neither enabled nor disabled`}},
	{name: "a manifest counts as under policy enabled", config: "policy: sometimes\nneverInjectSelector: [{matchLabels: {app: a}}]", pod: `{metadata: {labels: {app: a}}, spec: {containers: [{name: app}]}}`, Request: inject.Request{Workload: &inject.Workload{Kind: "Deployment", Name: "web"}}, want: inject.Decision{Inject: true, Reason: inject.PolicyEnabled, Detail: "the configuration's policy is enabled"}},
	{name: "injected before", pod: `{metadata: {annotations: {sidecar.istio.io/status: '{"containers":["istio-proxy"],"revision":"1-30"}'}}, spec: {containers: [{name: istio-proxy}]}}`, Request: inject.Request{Earlier: inject.KeepEarlier}, want: inject.Decision{Reason: inject.AlreadyInjected, Detail: "it was injected before, by revision 1-30"}},
	{name: "not injected before", pod: plainPod, Request: inject.Request{Earlier: inject.KeepEarlier}, want: inject.Decision{Inject: true, Reason: inject.PolicyEnabled, Detail: "the configuration's policy is enabled"}},
	{name: "injected before, and anew", pod: `{metadata: {annotations: {sidecar.istio.io/status: '{"containers":["istio-proxy"],"revision":"1-30"}'}}, spec: {containers: [{name: istio-proxy}]}}`, Request: inject.Request{Earlier: inject.ReplaceEarlier}, want: inject.Decision{Inject: true, Reason: inject.PolicyEnabled, Detail: "the configuration's policy is enabled"}},
	{name: "a status that cannot be read", pod: `{metadata: {annotations: {sidecar.istio.io/status: "x"}}, spec: {containers: [{name: app}]}}`, Request: inject.Request{Earlier: inject.ReplaceEarlier}, warn: "annotation sidecar.istio.io/status: it is not the status of an injection, and was ignored", want: inject.Decision{Inject: true, Reason: inject.PolicyEnabled, Detail: "the configuration's policy is enabled"}},
	{name: "for Windows, by its os", pod: `{metadata: {labels: {sidecar.istio.io/inject: "true"}}, spec: {os: {name: windows}, containers: [{name: app}]}}`, want: inject.Decision{Reason: inject.WindowsPod, Detail: "os.name is windows, where the sidecar does not run"}},
	{name: "for Windows, by its node", pod: `{spec: {nodeSelector: {kubernetes.io/os: windows}, containers: [{name: app}]}}`, want: inject.Decision{Reason: inject.WindowsPod, Detail: "nodeSelector kubernetes.io/os is windows, where the sidecar does not run"}},
	{name: "for Windows, by its node's build", pod: `{spec: {nodeSelector: {node.kubernetes.io/windows-build: 10.0.20348}, containers: [{name: app}]}}`, want: inject.Decision{Reason: inject.WindowsPod, Detail: "nodeSelector node.kubernetes.io/windows-build is one of Windows, where the sidecar does not run"}},
	{name: "for Windows, by all terms of its affinity", pod: nodeTerms(`{matchExpressions: [{key: a, operator: Exists}, {key: kubernetes.io/os, operator: In, values: [windows]}]}, {matchExpressions: [{key: node.kubernetes.io/windows-build, operator: Exists}]}`), want: inject.Decision{Reason: inject.WindowsPod, Detail: "nodeAffinity wants Windows, where the sidecar does not run"}},
	{name: "for any system, by its affinity", pod: nodeTerms(`{matchExpressions: [{key: kubernetes.io/os, operator: In, values: [windows]}]}, {matchExpressions: [{key: kubernetes.io/os, operator: In, values: [linux]}]}`), want: byPolicy},
	{name: "for either system, by its affinity", pod: nodeTerms(`{matchExpressions: [{key: kubernetes.io/os, operator: In, values: [linux, windows]}]}`), want: byPolicy},
	{name: "not for Windows, by its affinity", pod: nodeTerms(`{matchExpressions: [{key: kubernetes.io/os, operator: NotIn, values: [windows]}, {key: node.kubernetes.io/windows-build, operator: DoesNotExist}]}`), want: byPolicy},
	{name: "1.0: for Windows", v1: true, pod: `{spec: {os: {name: windows}, containers: [{name: app}]}}`, want: inject.Decision{Reason: inject.WindowsPod, Detail: "os.name is windows, where the sidecar does not run"}},
	{name: "an empty label counts before the annotation", pod: `{metadata: {labels: {sidecar.istio.io/inject: ""}, annotations: {sidecar.istio.io/inject: "false"}}, spec: {containers: [{name: app}]}}`, warn: "annotation sidecar.istio.io/inject is deprecated: use the label of the same name", want: inject.Decision{Inject: true, Reason: inject.PolicyEnabled, Detail: "the configuration's policy is enabled"}},
	{name: "no pod", pod: `[1]`, want: inject.Decision{Reason: inject.InvalidPod}, refuse: "pod: an object is wanted, not a list"},
	{name: "a field of the wrong type", pod: `{spec: {containers: [{name: app, ports: [{containerPort: http}]}]}}`, want: inject.Decision{Reason: inject.InvalidPod}, refuse: `pod.spec.containers[app].ports[http].containerPort: an integer is wanted, not the string "http"`},
	{name: "a label of the wrong type", pod: `{metadata: {labels: {app: true}}, spec: {containers: [{name: app}]}}`, want: inject.Decision{Reason: inject.InvalidPod}, refuse: `pod.metadata.labels["app"]: a string is wanted, not true`},
	{name: "annotation invalid", pod: `{metadata: {annotations: {sidecar.istio.io/interceptionMode: X, status.sidecar.istio.io/port: http}}, spec: {containers: [{name: app}]}}`, want: inject.Decision{Reason: inject.InvalidAnnotation}, refuse: "annotation sidecar.istio.io/interceptionMode: \"X\" is none of REDIRECT, TPROXY, NONE\nannotation status.sidecar.istio.io/port: \"http\" is not a port"},
	{name: "template unknown", pod: `{metadata: {annotations: {inject.istio.io/templates: "sidecar, sidekick"}}, spec: {containers: [{name: app}]}}`, want: inject.Decision{Reason: inject.TemplateUnknown}, refuse: `annotation inject.istio.io/templates: template "sidekick" is unknown; the configuration has broken, extra, misspelt, not-a-pod, not-yaml, sidecar`},
	{name: "template fails", pod: `{metadata: {annotations: {inject.istio.io/templates: broken}}, spec: {containers: [{name: app}]}}`, want: inject.Decision{Reason: inject.TemplateFailed}, refuse: `template: broken:2:17: executing "broken" at <index .Spec.Containers 99>`},
	{name: "template gives no YAML", pod: `{metadata: {annotations: {inject.istio.io/templates: not-yaml}}, spec: {containers: [{name: app}]}}`, want: inject.Decision{Reason: inject.TemplateFailed}, refuse: `template "not-yaml" does not render to YAML: yaml: line 1: did not find expected node content (rendered: "spec: [")`},
	{name: "template gives no pod", pod: `{metadata: {annotations: {inject.istio.io/templates: not-a-pod}}, spec: {containers: [{name: app}]}}`, want: inject.Decision{Reason: inject.TemplateFailed}, refuse: `template "not-a-pod", line 5: pod.spec.containers[x].ports[http].containerPort: an integer is wanted, not the string "http"`},
	{name: "template says what no pod has", pod: `{metadata: {annotations: {inject.istio.io/templates: misspelt}}, spec: {containers: [{name: app}]}}`, want: inject.Decision{Reason: inject.InvalidResult}, refuse: `template "misspelt", line 2: pod.spec.contaners: Kubernetes has no such field; the nearest is "containers"`},
	{name: "the caller is gone", pod: plainPod, Request: inject.Request{Context: gone()}, want: inject.Decision{Reason: inject.OutOfTime}, refuse: "the caller is gone, before any step"},
	{name: "the proxy alone", pod: `{spec: {containers: [{name: istio-proxy, image: auto}]}}`, Request: inject.Request{NativeSidecars: true}, want: inject.Decision{Reason: inject.InvalidResult}, refuse: "pod.spec.containers: only the proxy is left, among the init containers, and Kubernetes wants an ordinary container; a gateway, which is a proxy and nothing else, says so by annotation inject.istio.io/templates: gateway"},
	{name: "the proxy alone, as the control plane does it", config: "template: of before 1.9", pod: `{spec: {containers: [{name: istio-proxy, image: auto}]}}`, Request: inject.Request{NativeSidecars: true}, warn: "pod.spec.containers: only the proxy is left, among the init containers, and Kubernetes wants an ordinary container; a gateway, which is a proxy and nothing else, says so by annotation inject.istio.io/templates: gateway; so does the control plane that wrote this configuration make it, and Kubernetes refuses the pod", want: inject.Decision{Inject: true, Reason: inject.PolicyEnabled, Detail: "the configuration's policy is enabled"}},

	{name: "1.0: nothing said", v1: true, pod: plainPod, want: inject.Decision{Inject: true, Reason: inject.PolicyEnabled, Detail: "the configuration's policy is enabled"}},
	{name: "1.0: host network", v1: true, pod: `{spec: {hostNetwork: true, containers: [{name: app}]}}`, Request: inject.Request{Workload: &inject.Workload{}}, want: inject.Decision{Reason: inject.HostNetwork, Detail: "hostNetwork is true"}},
	{name: "1.0: namespace", v1: true, pod: plainPod, Request: inject.Request{Namespace: "kube-public"}, want: inject.Decision{Reason: inject.NamespaceIgnored, Detail: "namespace kube-public is never injected"}},
	{name: "1.0: kube-node-lease is a namespace as any", v1: true, pod: plainPod, Request: inject.Request{Namespace: "kube-node-lease"}, want: inject.Decision{Inject: true, Reason: inject.PolicyEnabled, Detail: "the configuration's policy is enabled"}},
	{name: "1.0: annotation Yes", v1: true, config: "policy: disabled", pod: `{metadata: {annotations: {sidecar.istio.io/inject: "Yes"}}, spec: {containers: [{name: app}]}}`, want: inject.Decision{Inject: true, Reason: inject.AnnotationEnabled, Detail: "annotation sidecar.istio.io/inject is Yes"}},
	{name: "1.0: annotation anything else", v1: true, pod: `{metadata: {annotations: {sidecar.istio.io/inject: "maybe"}}, spec: {containers: [{name: app}]}}`, want: inject.Decision{Reason: inject.AnnotationDisabled, Detail: `annotation sidecar.istio.io/inject is "maybe"`}},
	{name: "1.0: policy disabled", v1: true, config: "policy: disabled", pod: plainPod, want: inject.Decision{Reason: inject.PolicyDisabled, Detail: "the configuration's policy is disabled, and nothing asks for injection"}},
	{name: "1.0: policy unknown", v1: true, config: "policy: sometimes", pod: plainPod, want: inject.Decision{Reason: inject.PolicyInvalid, Detail: `the configuration's policy "sometimes" is neither enabled nor disabled`}},
	{name: "1.0: the command asks nobody", v1: true, config: "policy: disabled", pod: `{metadata: {annotations: {sidecar.istio.io/inject: "false"}}, spec: {containers: [{name: app}]}}`, Request: inject.Request{Workload: &inject.Workload{}}, want: inject.Decision{Inject: true, Reason: inject.PolicyEnabled, Detail: "the 1.0 line's command injects every workload"}},
}

// gone is the context of a caller who asks no more.
func gone() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

// byPolicy is the decision about a pod that nothing is special about.
var byPolicy = inject.Decision{Inject: true, Reason: inject.PolicyEnabled, Detail: "the configuration's policy is enabled"}

// nodeTerms is a pod with terms of a required node affinity.
func nodeTerms(terms string) string {
	return `{spec: {affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [` + terms + `]}}}, containers: [{name: app, image: app}]}}`
}

func TestDecisions(t *testing.T) {
	for _, c := range decisions {
		t.Run(c.name, func(t *testing.T) {
			s := testSources(t)
			if c.v1 {
				s = inject.Sources{Config: testdata(t, "config-1.0.yaml")}
			}
			if strings.Contains(c.config, "policy:") {
				s.Config = []byte(strings.Replace(string(s.Config), "policy: enabled", "", 1))
			}
			s.Config = append([]byte(c.config+"\n"), s.Config...)
			r := c.Request
			r.Pod = podJSON(t, c.pod)
			result, err := compile(t, s, inject.Options{}).Inject(r)
			got := result.Decision
			if c.refuse != "" {
				if err == nil || !strings.Contains(err.Error(), c.refuse) {
					t.Errorf("refused with %v, want %s", err, c.refuse)
				}
				got.Detail = ""
			} else if err != nil {
				t.Fatal(err)
			}
			if got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
			if w := strings.Join(result.Warnings, "\n"); w != c.warn {
				t.Errorf("warnings %q, want %q", w, c.warn)
			}
			if patched := len(result.Patch) > 0; patched != c.want.Inject {
				t.Errorf("a patch: %v, want %v", patched, c.want.Inject)
			}
		})
	}
}

// TestEveryReasonHasACase reads the vocabulary from its source, so that a new
// reason cannot come without a case.
func TestEveryReasonHasACase(t *testing.T) {
	covered := map[inject.Reason]bool{}
	for _, c := range decisions {
		covered[c.want.Reason] = true
	}
	file, err := parser.ParseFile(token.NewFileSet(), "reason.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	reasons := 0
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok {
			reasons++
			value := spec.Values[0].(*ast.BasicLit).Value
			if name := spec.Names[0].Name; value != `"`+name+`"` {
				t.Errorf("reason %s prints %s", name, value)
			} else if !covered[inject.Reason(name)] {
				t.Errorf("no case for reason %s", name)
			}
		}
		return true
	})
	if reasons == 0 {
		t.Fatal("no reasons found in reason.go")
	}
}
