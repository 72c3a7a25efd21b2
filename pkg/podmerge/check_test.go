package podmerge

import (
	"regexp"
	"strings"
	"testing"

	"github.com/outrigger-io/outrigger/pkg/pod"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// plain is a pod as it comes; {} and nothing more is laid over it in most cases.
const plain = `
metadata: {labels: {app: a}, annotations: {a: b}}
spec:
  initContainers: [{name: setup, image: i}]
  containers:
  - {name: app, image: i, ports: [{name: web, containerPort: 80}], volumeMounts: [{name: data, mountPath: /data}]}
  volumes: [{name: data, emptyDir: {}}]
`

// wholePod is a pod with resources as a whole.
const wholePod = `{spec: {resources: {requests: {cpu: 500m}, limits: {cpu: 1}}, containers: [{name: app, image: i, resources: {requests: {cpu: 450m}}}]}}`

// withProxy is what a container istio-proxy adds, with the fields given.
func withProxy(fields string) string {
	return `{spec: {containers: [{name: istio-proxy, image: p, ` + fields + `}]}}`
}

var faulty = []struct {
	name, before, overlay string
	want                  string
}{
	{name: "nothing", overlay: `{}`},
	{name: "a proxy", overlay: withProxy(`env: [{name: A, value: b}, {name: B, valueFrom: {fieldRef: {fieldPath: status.podIP}}}], volumeMounts: [{name: data, mountPath: /d}], ports: [{containerPort: 15090, name: metrics}], resources: {requests: {cpu: 100m}, limits: {cpu: 2}}`)},
	{name: "no image", overlay: `{spec: {containers: [{name: istio-proxy}]}}`, want: "pod.spec.containers[istio-proxy].image: it is missing"},
	{name: "an empty image", overlay: `{spec: {containers: [{name: istio-proxy, image: ""}]}}`, want: "pod.spec.containers[istio-proxy].image: it is missing"},
	{name: "a container's name", overlay: `{spec: {containers: [{name: Istio_Proxy, image: p}]}}`, want: `pod.spec.containers[Istio_Proxy].name: "Istio_Proxy": a lowercase RFC 1123 label must consist of`},
	{name: "two lists", overlay: `{spec: {initContainers: [{name: app, image: p}]}}`, want: "pod.spec.initContainers[app]: the pod has another container of that name, among its containers"},
	{name: "an ephemeral container's name", before: `{spec: {containers: [{name: app, image: i}], ephemeralContainers: [{name: istio-proxy, image: i}]}}`, overlay: withProxy(``), want: "pod.spec.ephemeralContainers[istio-proxy]: the pod has another container of that name, among its containers"},
	{name: "two sources of a variable", overlay: withProxy(`env: [{name: A, value: b, valueFrom: {fieldRef: {fieldPath: status.podIP}}}]`), want: "pod.spec.containers[istio-proxy].env[A]: value and valueFrom are set, and one of them may be"},
	{name: "no source of a variable", overlay: withProxy(`env: [{name: A, valueFrom: {}}]`), want: "pod.spec.containers[istio-proxy].env[A].valueFrom: none of"},
	{name: "a variable's name", overlay: withProxy(`env: [{name: "A=B", value: c}]`), want: `pod.spec.containers[istio-proxy].env["A=B"].name: "A=B": a valid environment variable name must consist only of printable ASCII characters other than '='`},
	{name: "two handlers", overlay: withProxy(`readinessProbe: {httpGet: {port: 1}, exec: {command: [a]}}`), want: "pod.spec.containers[istio-proxy].readinessProbe: exec and httpGet are set, and one of them may be"},
	{name: "no handler", overlay: withProxy(`lifecycle: {preStop: {}}`), want: "pod.spec.containers[istio-proxy].lifecycle.preStop: none of exec, httpGet, tcpSocket, sleep is set, and one has to be"},
	{name: "two kinds of a volume", overlay: `{spec: {volumes: [{name: v, emptyDir: {}, configMap: {name: c}}]}}`, want: "pod.spec.volumes[v]: emptyDir and configMap are set, and one of them may be"},
	{name: "no kind of a volume", overlay: `{spec: {volumes: [{name: v}]}}`},
	{name: "a volume's name", overlay: `{spec: {volumes: [{name: v.w, emptyDir: {}}]}}`, want: `pod.spec.volumes[v.w].name: "v.w": must not contain dots`},
	{name: "no such volume", overlay: withProxy(`volumeMounts: [{name: data, mountPath: /a}, {name: tls, mountPath: /b}]`), want: `pod.spec.containers[istio-proxy].volumeMounts[/b].name: the pod has no volume "tls"`},
	{name: "a mount without a path", overlay: withProxy(`volumeMounts: [{name: data, mountPath: ""}]`), want: "pod.spec.containers[istio-proxy].volumeMounts[0].mountPath: it is missing"},
	{name: "a port", overlay: withProxy(`ports: [{containerPort: 65536}]`), want: "pod.spec.containers[istio-proxy].ports[65536].containerPort: 65536 is not from 1 to 65535"},
	{name: "a number of more than 32 bits", overlay: withProxy(`ports: [{containerPort: 4294967376}]`), want: "pod.spec.containers[istio-proxy].ports[4294967376].containerPort: 4294967376 does not fit the 32 bits of the field"},
	{name: "a port's name", overlay: withProxy(`ports: [{containerPort: 1, name: a-name-of-sixteen}]`), want: `pod.spec.containers[istio-proxy].ports[1].name: "a-name-of-sixteen": must be no more than 15 characters`},
	{name: "two ports of a name", overlay: withProxy(`ports: [{containerPort: 1, name: a}, {containerPort: 2, name: a}]`), want: `pod.spec.containers[istio-proxy].ports: two of it have the name "a"`},
	{name: "a probe's port", overlay: withProxy(`readinessProbe: {httpGet: {port: 0}}`), want: "pod.spec.containers[istio-proxy].readinessProbe.httpGet.port: 0 is not from 1 to 65535"},
	{name: "a probe's time", overlay: withProxy(`readinessProbe: {httpGet: {port: 1}, periodSeconds: -1}`), want: "pod.spec.containers[istio-proxy].readinessProbe.periodSeconds: -1 is not from 0"},
	{name: "a liveness probe", overlay: withProxy(`livenessProbe: {httpGet: {port: 1}, successThreshold: 2}`), want: "pod.spec.containers[istio-proxy].livenessProbe.successThreshold: it has to be 1 here, not 2"},
	{name: "a request above its limit", overlay: withProxy(`resources: {requests: {cpu: 3}, limits: {cpu: 2000m}}`), want: "pod.spec.containers[istio-proxy].resources.requests: 3 of cpu is above the limit of 2000m; say a request of at most that, or a higher limit"},
	{name: "a quantity below zero", overlay: withProxy(`resources: {requests: {cpu: -1}}`), want: "pod.spec.containers[istio-proxy].resources.requests: cpu is -1, which is below zero"},
	{name: "no quantity", overlay: withProxy(`resources: {requests: {cpu: much}}`), want: `pod.spec.containers[istio-proxy].resources.requests["cpu"]: a quantity is wanted, not the string "much"`},
	{name: "a label's value", overlay: `{metadata: {labels: {a: b.}}}`, want: `pod.metadata.labels["a"]: the value "b.": a valid label must`},
	{name: "a label's key", overlay: `{metadata: {labels: {a/b/c: d}}}`, want: `pod.metadata.labels["a/b/c"]: the key "a/b/c": a valid label key must`},
	{name: "an annotation's key", overlay: `{metadata: {annotations: {"a b": c}}}`, want: `pod.metadata.annotations["a b"]: the key "a b": name part must`},
	{name: "no value", overlay: withProxy(`args: [a, "b=<no value>"]`), want: `pod.spec.containers[istio-proxy].args[1]: "<no value>" stands in it`},
	{name: "nil", overlay: `{metadata: {annotations: {c: <nil>}}}`, want: `pod.metadata.annotations["c"]: "<nil>" stands in it`},
	{name: "an unknown word", overlay: withProxy(`imagePullPolicy: always`), want: `pod.spec.containers[istio-proxy].imagePullPolicy: the string "always" is none of Always, Never, IfNotPresent`},
	{name: "an unknown field", overlay: withProxy(`comand: [a]`), want: `pod.spec.containers[istio-proxy].comand: Kubernetes has no such field; the nearest is "command"`},
	{name: "privileges", overlay: withProxy(`securityContext: {privileged: true, allowPrivilegeEscalation: false}`), want: "pod.spec.containers[istio-proxy].securityContext.allowPrivilegeEscalation: it cannot be false where privileged is true"},
	{name: "a probe of an init container", overlay: `{spec: {initContainers: [{name: istio-init, image: p, startupProbe: {exec: {command: [a]}}}]}}`, want: "pod.spec.initContainers[istio-init].startupProbe: an init container without restartPolicy Always has none"},
	{name: "a probe of a sidecar", overlay: `{spec: {initContainers: [{name: istio-proxy, image: p, restartPolicy: Always, startupProbe: {exec: {command: [a]}}}]}}`},

	{name: "a volume as a device", before: `{spec: {containers: [{name: app, image: i}], volumes: [{name: v, persistentVolumeClaim: {claimName: c}}]}}`, overlay: withProxy(`volumeMounts: [{name: v, mountPath: /v}], volumeDevices: [{name: v, devicePath: /dev/v}]`), want: `pod.spec.containers[istio-proxy].volumeDevices: volume "v" at "/v" is mounted too`},
	{name: "the host's port", before: `{spec: {containers: [{name: app, image: i, ports: [{containerPort: 1, hostPort: 80}]}]}}`, overlay: withProxy(`ports: [{containerPort: 2, hostPort: 80, protocol: TCP}]`), want: "pod.spec.containers: istio-proxy and app both have the host's port 80"},
	{name: "a limit above the pod's", before: wholePod, overlay: withProxy(`resources: {limits: {cpu: 2}}`), want: "pod.spec.resources: container istio-proxy has a limit of 2 of cpu, and the pod as a whole of 1"},
	{name: "requests above the pod's", before: wholePod, overlay: withProxy(`resources: {requests: {cpu: 100m}}`), want: "pod.spec.resources: the containers request 550m of cpu together, and the pod as a whole has requests of 500m"},
	{name: "a sidecar's request above the pod's", before: wholePod, overlay: `{spec: {initContainers: [{name: istio-proxy, image: p, restartPolicy: Always, resources: {requests: {cpu: 100m}}}]}}`, want: "pod.spec.resources: the containers request 550m of cpu together, and the pod as a whole has requests of 500m"},
	{name: "an init container's request", before: wholePod, overlay: `{spec: {initContainers: [{name: istio-init, image: p, resources: {requests: {cpu: 100m}}}]}}`},
	{name: "an init container beside a sidecar", before: wholePod, overlay: `{spec: {initContainers: [{name: istio-proxy, image: p, restartPolicy: Always, resources: {requests: {cpu: 50m}}}, {name: setup, image: i, resources: {requests: {cpu: 460m}}}]}}`, want: "pod.spec.resources: the containers request 510m of cpu together"},
	{name: "an image with a blank", overlay: `{spec: {containers: [{name: istio-proxy, image: "p "}]}}`, want: `pod.spec.containers[istio-proxy].image: "p ": it begins or ends with a blank`},
	{name: "a field that no variable tells", overlay: withProxy(`env: [{name: A, valueFrom: {fieldRef: {fieldPath: status.phase}}}]`), want: `pod.spec.containers[istio-proxy].env[A].valueFrom.fieldRef.fieldPath: "status.phase" is none of metadata.name,`},
	{name: "a label that a variable tells", overlay: withProxy(`env: [{name: A, valueFrom: {fieldRef: {fieldPath: "metadata.labels['app']"}}}]`)},
	{name: "no key of a label", overlay: withProxy(`env: [{name: A, valueFrom: {fieldRef: {fieldPath: "metadata.labels['a b']"}}}]`), want: `fieldRef.fieldPath: "a b" is no key`},
	{name: "a resource that no variable tells", overlay: withProxy(`env: [{name: A, valueFrom: {resourceFieldRef: {resource: cpu}}}]`), want: `resourceFieldRef.resource: "cpu": limits or requests of cpu`},
	{name: "a divisor", overlay: withProxy(`env: [{name: A, valueFrom: {resourceFieldRef: {resource: limits.cpu, divisor: 3}}}]`), want: `resourceFieldRef.divisor: 3 is none of 1m, 1`},
	{name: "resources of nobody", overlay: `{spec: {volumes: [{name: v, downwardAPI: {items: [{path: cpu, resourceFieldRef: {resource: limits.cpu}}]}}]}}`, want: `pod.spec.volumes[v].downwardAPI.items[0].resourceFieldRef.containerName: it is missing`},
	{name: "a path that leads back", overlay: withProxy(`volumeMounts: [{name: data, mountPath: /d, subPath: a/../..}]`), want: `pod.spec.containers[istio-proxy].volumeMounts[/d].subPath: "a/../..": a path without .. is wanted`},
	{name: "one path twice", overlay: `{spec: {volumes: [{name: v, projected: {sources: [{serviceAccountToken: {path: t}}, {secret: {name: s, items: [{key: k, path: t}]}}]}}]}}`, want: `pod.spec.volumes[v].projected.sources: two of them write "t"`},
	{name: "half a device", overlay: withProxy(`resources: {limits: {example.com/gpu: 1500m}}`), want: `resources.limits: example.com/gpu is 1500m, and it has whole units`},
	{name: "huge pages alone", overlay: withProxy(`resources: {limits: {hugepages-2Mi: 2Mi}}`), want: `resources.limits: huge pages are taken together with cpu or memory only`},
	{name: "a claim of nothing", overlay: withProxy(`resources: {claims: [{name: gpu}]}`), want: `pod.spec.containers[istio-proxy]: it uses the claim "gpu", and the pod has none of that name`},
	{name: "a sleep that is too long", overlay: withProxy(`lifecycle: {preStop: {sleep: {seconds: 60}}}`), want: `pod.spec.containers[istio-proxy]: its preStop sleeps for 60 seconds, longer than the 30 of terminationGracePeriodSeconds`},
	{name: "a sleep", before: `{spec: {terminationGracePeriodSeconds: 60, containers: [{name: app, image: i}]}}`, overlay: withProxy(`lifecycle: {preStop: {sleep: {seconds: 60}}}`)},
	{name: "a toleration", overlay: `{spec: {tolerations: [{key: a, operator: Exists, value: b}]}}`, want: `pod.spec.tolerations[0].value: operator Exists has none`},
	{name: "an address", overlay: `{spec: {hostAliases: [{ip: here, hostnames: [a]}]}}`, want: `pod.spec.hostAliases[here].ip: "here": it is not an IP address`},
	{name: "no names", overlay: `{spec: {dnsPolicy: None}}`, want: `pod.spec.dnsPolicy: None takes nameservers in dnsConfig`},
	{name: "an ephemeral container", overlay: `{spec: {ephemeralContainers: [{name: debug, image: d}]}}`, want: `pod.spec.ephemeralContainers: they are added to pods that run`},

	{name: "the pod's own faults", before: `
metadata: {labels: {a: b.}}
spec:
  containers:
  - {name: App, env: [{name: A, value: b, valueFrom: {}}], volumeMounts: [{name: no, mountPath: /}], unknown: 1, ports: [{containerPort: 0}],
     resources: {requests: {cpu: 2}, limits: {cpu: 1}}, livenessProbe: {}}
  - {name: App, image: i}
  volumes: [{name: v, emptyDir: {}, secret: {}}]`, overlay: `{metadata: {labels: {c: d}}, spec: {containers: [{name: App, env: [{name: B, value: c}]}]}}`},
}

// whatToDo is how a fault says what to do, or what is wanted in place of what there is.
var whatToDo = regexp.MustCompile("; |wanted|none of|has to|not from|such as|must|name of")

func TestFaults(t *testing.T) {
	for _, c := range faulty {
		t.Run(c.name, func(t *testing.T) {
			if c.before == "" {
				c.before = plain
			}
			before := yamlValue(t, c.before)
			layers := Over(before)
			err := layers.LayApart(yamlValue(t, c.overlay))
			var got []string
			if err != nil {
				got = append(got, err.Error())
			}
			for _, f := range (Result{Before: before, After: layers.Pod}).Faults() {
				got = append(got, f.Error())
				if !whatToDo.MatchString(f.Why) {
					t.Errorf("%q does not say what to do", f.Why)
				}
			}
			all := strings.Join(got, "\n")
			if c.want == "" && all != "" || c.want != "" && (len(got) != 1 || !strings.Contains(all, c.want)) {
				t.Errorf("got %q, want %q", all, c.want)
			}
			// What stands there already is never injection's own.
			if again := (Result{Before: layers.Pod, After: layers.Pod.With("kind", tree.NewString("Pod"))}).Faults(); len(again) > 0 {
				t.Errorf("again: %v", again)
			}
		})
	}
}

func TestNoContainerIsLeft(t *testing.T) {
	before := yamlValue(t, `{spec: {containers: [{name: istio-proxy, image: auto}]}}`)
	after := yamlValue(t, `{spec: {containers: [], initContainers: [{name: istio-proxy, image: p, restartPolicy: Always}]}}`)
	faults := Result{Before: before, After: after}.Faults()
	if len(faults) != 1 || !strings.Contains(faults[0].Error(), pod.TemplatesKey+": gateway") || !faults[0].OfLists {
		t.Errorf("got %v", faults)
	}
}

func TestVolumesElsewhere(t *testing.T) {
	before, after := yamlValue(t, `{spec: {containers: []}}`), yamlValue(t, `{spec: {containers: [{name: a, image: b, volumeMounts: [{name: claim, mountPath: /}]}]}}`)
	for _, elsewhere := range []bool{false, true} {
		if faults := (Result{Before: before, After: after, VolumesElsewhere: elsewhere}).Faults(); len(faults) > 0 == elsewhere {
			t.Errorf("volumes elsewhere %v: %v", elsewhere, faults)
		}
	}
}

// TestFaultsAreFound looks up what faults are about in what they come from.
func TestFaultsAreFound(t *testing.T) {
	for _, c := range faulty {
		if c.want == "" || strings.Contains(c.want, "missing") {
			continue
		}
		overlay := yamlValue(t, c.overlay)
		before := yamlValue(t, plain)
		layers := Over(before)
		if err := layers.LayApart(overlay); err != nil {
			t.Fatal(err)
		}
		for _, f := range (Result{Before: before, After: layers.Pod}).Faults() {
			_, laid := f.Within(overlay)
			_, came := f.Within(before)
			if !laid || came && f.Path[len(f.Path)-1].Name != "app" {
				t.Errorf("%s: in the overlay %v, in the pod %v", f.Where(), laid, came)
			}
		}
	}
}

func TestNearest(t *testing.T) {
	for name, want := range map[string]string{"contaners": "containers", "Containers": "containers", "volumes2": "volumes", "serviceAccuntName": "serviceAccountName", "zzzzz": ""} {
		if got := Pod().At("spec").noSuchField(name); want == "" && strings.Contains(got, "nearest") || want != "" && !strings.Contains(got, `the nearest is "`+want+`"`) {
			t.Errorf("%s: %s", name, got)
		}
	}
}
