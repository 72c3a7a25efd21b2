package podtest

import (
	"reflect"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"pgregory.net/rapid"
)

// Pod draws a pod of any sort that Kubernetes takes, or nearly: every field of the API,
// names at their limits, annotations that steer injection, at times an istio-proxy of
// its own. templates are what the pod may ask to be injected by.
func Pod(templates ...string) *rapid.Generator[[]byte] {
	return rapid.Custom(func(t *rapid.T) []byte {
		d := &drawer{T: t, templates: templates}
		return jsonOf(d.pod())
	})
}

// Written draws a pod as clients write them at times: fields empty, null or left out,
// and some that these types do not know.
func Written(templates ...string) *rapid.Generator[[]byte] {
	return rapid.Custom(func(t *rapid.T) []byte {
		d := &drawer{T: t, templates: templates}
		return jsonOf(d.loosen(d.pod()))
	})
}

// Apart draws one like Written of which nothing looks like what injection puts in, so
// that the two can be told apart afterwards.
func Apart(templates ...string) *rapid.Generator[[]byte] {
	return rapid.Custom(func(t *rapid.T) []byte {
		d := &drawer{T: t, templates: templates, apart: true}
		return jsonOf(d.loosen(d.pod()))
	})
}

// drawer draws one pod.
type drawer struct {
	*rapid.T
	templates []string
	// apart is whether nothing may look like what injection puts in.
	apart bool
	// volumes are the pod's, by name. What needs one that is not there adds it.
	volumes []object
	// claims is whether a container names the pod's resource claim.
	claims bool
	// own is whether the container is the pod's own proxy, of which most is drawn.
	own bool
}

func (d *drawer) of(label string, values ...any) any {
	return rapid.SampledFrom(values).Draw(d.T, label)
}

// oneIn says yes in one case of n.
func (d *drawer) oneIn(n int, label string) bool {
	return rapid.IntRange(1, n).Draw(d.T, label+"?") == n
}

func (d *drawer) count(label string, low, high int) int {
	return rapid.IntRange(low, high).Draw(d.T, label)
}

// maybe sets a field in one case of n.
func (d *drawer) maybe(n int, o object, field string, draw func() any) {
	if d.oneIn(n, field) {
		o[field] = draw()
	}
}

// long is a name of a length, with dots, dashes or underscores where a cut may fall.
func long(length int, between string) string {
	return strings.Repeat("a"+between+"b", length)[:length-1] + "z"
}

func (d *drawer) pod() object {
	p := object{"apiVersion": "v1", "kind": "Pod", "metadata": d.metadata(), "spec": d.spec()}
	fitPod(p)
	return p
}

func (d *drawer) spec() object {
	names := []string{"data", long(63, "-")}
	if !d.apart {
		names = append(names, "istio-envoy", "istio-data", "istio-token", "istio-podinfo", "istiod-ca-cert", "workload-socket")
	}
	for _, name := range names {
		if d.oneIn(6, "volume "+name) {
			d.volume(name)
		}
	}
	spec := d.object(reflect.TypeFor[corev1.PodSpec]())
	d.fitSpec(spec)
	if d.oneIn(12, "windows") {
		makeWindows(spec)
	}
	return spec
}

// volume draws one of the pod's.
func (d *drawer) volume(name string) {
	v := d.object(reflect.TypeFor[corev1.VolumeSource]())
	v["name"] = name
	d.volumes = append(d.volumes, v)
}

// need makes sure that the pod has a volume.
func (d *drawer) need(v object) string {
	name := v["name"].(string)
	for _, have := range d.volumes {
		if have["name"] == name {
			return name
		}
	}
	d.volumes = append(d.volumes, v)
	return name
}

// containers draws those that are ordinary, with the pod's own proxy among them at times.
func (d *drawer) containers() []any {
	var list []any
	for i := range d.count("containers", 1, 3) {
		list = append(list, d.container([]string{"app0", "app1", long(63, "-")}[i]))
	}
	if d.oneIn(5, "own proxy") {
		if d.oneIn(6, "alone") {
			list = nil
		}
		own := d.ownContainer("istio-proxy")
		if d.apart && own["restartPolicy"] == "Always" {
			own["restartPolicy"] = "Never"
		}
		list = append(list, own)
	}
	return list
}

func (d *drawer) initContainers() []any {
	var list []any
	for _, name := range []string{"setup0", "setup1"} {
		if d.oneIn(3, name) {
			list = append(list, d.container(name))
		}
	}
	for _, name := range []string{"istio-init", "istio-proxy"} {
		if d.oneIn(6, "own "+name) {
			list = append(list, d.ownContainer(name))
		}
	}
	for _, c := range items(list) {
		if kind := d.of("init restart", "Always", nil, "Always", "OnFailure"); kind != nil {
			c["restartPolicy"] = kind
		}
		switch {
		case c["name"] == "istio-init":
			delete(c, "restartPolicy")
			delete(c, "restartPolicyRules")
		case c["name"] == "istio-proxy" && d.apart:
			c["restartPolicy"] = "Always"
		}
		fitInit(c)
	}
	return list
}

func (d *drawer) ephemeralContainers() []any {
	name := d.of("ephemeral", "debug", "istio-proxy").(string)
	c := d.container(name)
	if name == "istio-proxy" {
		c = d.ownContainer(name)
	}
	for _, field := range NotEphemeral {
		delete(c, field)
	}
	mounts, _ := c["volumeMounts"].([]any)
	for _, m := range mounts {
		delete(m.(object), "subPath")
		delete(m.(object), "subPathExpr")
	}
	d.maybe(3, c, "targetContainerName", func() any { return "app0" })
	return []any{c}
}

// ownContainer draws one that injection has one of too.
func (d *drawer) ownContainer(name string) object {
	d.own = true
	c := d.container(name)
	d.own = false
	c["image"] = d.of("own image", "auto", "own:1")
	return c
}

func (d *drawer) container(name string) object {
	c := d.object(reflect.TypeFor[corev1.Container]())
	c["name"] = name
	d.fitContainer(c)
	return c
}
