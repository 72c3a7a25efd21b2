package inject

import (
	"cmp"
	"strconv"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/outrigger-io/outrigger/pkg/mesh"
	"github.com/outrigger-io/outrigger/pkg/pod"
	"github.com/outrigger-io/outrigger/pkg/podtemplate"
	"github.com/outrigger-io/outrigger/pkg/rule"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// readMesh reads the MeshConfig, and has what templates see of it stay as it is.
func (c *configuration) readMesh(text []byte) (err error) {
	if c.mesh, err = mesh.Parse(text, c.format.mesh()); err != nil {
		return err
	}
	same := &podtemplate.View{Values: c.values, MeshConfig: c.mesh.Data(), Revision: c.options.Revision}
	for _, t := range c.templates {
		t.Fix(same, "Values", "MeshConfig", "Revision")
	}
	return nil
}

// view is what templates see since 1.1. Facts get what rules go by.
func (c *configuration) view(j *job, seen *tree.Value, f *rule.Facts) (*podtemplate.View, error) {
	decoded, err := podtemplate.Typed(seen)
	if err != nil {
		return nil, err
	}
	if decoded.Namespace == "" && !j.fromManifest() {
		decoded.Namespace = j.Namespace
	}
	proxy, warnings, err := c.mesh.ForPod(c.ownProxyConfig(f), j.resources)
	if err != nil {
		return nil, &pod.AnnotationError{Key: pod.ProxyConfigKey, Err: err}
	}
	for _, w := range warnings {
		j.warn("annotation %s: %s", pod.ProxyConfigKey, w)
	}
	v := &podtemplate.View{
		TypeMeta:                 metav1.TypeMeta{APIVersion: j.workload.APIVersion, Kind: j.workload.Kind},
		DeploymentMeta:           types.NamespacedName{Namespace: j.workload.Namespace, Name: j.workload.Name},
		ObjectMeta:               decoded.ObjectMeta,
		Spec:                     decoded.Spec,
		ProxyConfig:              proxy.Data(),
		MeshConfig:               c.mesh.Data(),
		Values:                   c.values,
		Revision:                 c.options.Revision,
		NativeSidecars:           c.nativeSidecars(j),
		ProxyImage:               podtemplate.ProxyImage(c.values, c.imageType(f.Original, proxy)),
		ProxyInitImage:           podtemplate.ProxyInitImage(c.values, c.initImageType(f.Original)),
		EstimatedConcurrency:     podtemplate.EstimatedConcurrency(proxy.Concurrency(), seen, c.values),
		ProxyUID:                 rule.DefaultProxyID,
		ProxyGID:                 rule.DefaultProxyID,
		InboundTrafficPolicyMode: c.mesh.InboundTrafficPolicyMode(),
		CompliancePolicy:         c.values.Text("pilot", "env", "COMPLIANCE_POLICY"),
	}
	if c.options.OpenShift {
		v.ProxyUID, v.ProxyGID, warnings = rule.ProxyIDs(j.NamespaceAnnotations)
		j.warnings = append(j.warnings, warnings...)
	}
	f.Mesh = rule.Mesh{
		StatusPort:       proxy.StatusPort(), // where this pod's agent listens
		MergePrometheus:  c.mesh.EnablePrometheusMerge(),
		HoldApplication:  proxy.HoldApplicationUntilProxyStarts() || c.values.Flag("global", "proxy", "holdApplicationUntilProxyStarts"),
		TransparentProxy: proxy.InterceptionMode() == "TPROXY",
		SDS:              c.mesh.SdsUdsPath() != "",
	}
	return v, nil
}

// proxyUID is the user that the pod's proxy runs as, unless it says another.
func (c *configuration) proxyUID(j *job) int64 {
	if !c.options.OpenShift || pod.Annotations(j.pod).Value(pod.InterceptionKey) == "TPROXY" {
		return rule.DefaultProxyID
	}
	uid, _, _ := rule.ProxyIDs(j.NamespaceAnnotations)
	return uid
}

// ownProxyConfig is what the pod itself says of its ProxyConfig.
func (c *configuration) ownProxyConfig(f *rule.Facts) string {
	if !c.format.ownProxyConfig {
		return ""
	}
	return pod.Annotations(f.Original).Value(pod.ProxyConfigKey)
}

// resourcesFor selects the ProxyConfig resources of a pod, in formats that know them.
func (c *configuration) resourcesFor(j *job) mesh.Selected {
	if c.format.oneTemplate {
		return mesh.Selected{}
	}
	return j.ProxyConfigs.For(c.mesh.RootNamespace(), j.Namespace, pod.Labels(j.pod).Get)
}

func (c *configuration) nativeSidecars(j *job) bool {
	wish, ok := pod.Annotations(j.pod).Get(pod.NativeSidecarKey)
	if !ok {
		return j.NativeSidecars
	}
	native, err := strconv.ParseBool(wish)
	if err != nil {
		j.warn("annotation %s: %q is neither true nor false and was ignored", pod.NativeSidecarKey, wish)
		return j.NativeSidecars
	}
	return native
}

func (c *configuration) imageType(p *tree.Value, proxy *mesh.Proxy) string {
	return cmp.Or(pod.Annotations(p).Value(pod.ImageTypeKey), proxy.ImageType(), c.values.Text("global", "variant"))
}

func (c *configuration) initImageType(p *tree.Value) string {
	return cmp.Or(pod.Annotations(p).Value(pod.ImageTypeKey), c.values.Text("global", "variant"))
}

// seenWithoutInjection lays over the pod as it came, and shows it to templates without
// the earlier injection.
func (c *configuration) seenWithoutInjection(_ *job, p *tree.Value) (base, seen *tree.Value, err error) {
	seen, err = rule.WithoutInjection(p, c.mesh.Proxy().StatusPort())
	return p, seen, err
}

// withoutAppended appends to the pod without what an earlier injection appended, and
// shows it to templates as it was the first time: the status would otherwise become
// part of what they say of the pod.
func (c *configuration) withoutAppended(_ *job, p *tree.Value) (base, seen *tree.Value, err error) {
	base = rule.WithoutAppended(p, rule.StatusOf(p))
	return base, rule.WithoutStatus(base), nil
}

// withoutLegacy is the same, of pods alone: where the status names nothing, what
// injections before 1.0 put in goes by its names.
func (c *configuration) withoutLegacy(j *job, p *tree.Value) (base, seen *tree.Value, err error) {
	if !j.fromManifest() {
		p = rule.WithoutLegacy(p)
	}
	return c.withoutAppended(j, p)
}
