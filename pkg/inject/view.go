package inject

import (
	"fmt"
	"strconv"
	"text/template"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/outrigger-io/outrigger/pkg/mesh"
	"github.com/outrigger-io/outrigger/pkg/pod"
	"github.com/outrigger-io/outrigger/pkg/podtemplate"
	"github.com/outrigger-io/outrigger/pkg/rule"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// readMesh reads a MeshConfig of today's API.
func (c *configuration) readMesh(text []byte) (err error) {
	if c.mesh, err = mesh.Parse(text, mesh.Since122()); err != nil {
		return err
	}
	same := &podtemplate.View{Values: c.values, MeshConfig: c.mesh.Data(), Revision: c.options.Revision}
	for _, t := range c.templates {
		t.Fold(same, "Values", "MeshConfig", "Revision")
	}
	return nil
}

func (c *configuration) currentFunctions() template.FuncMap {
	return podtemplate.Functions(c.options.TemplateEnv)
}

// currentView is what templates see since 1.9.
func (c *configuration) currentView(j *job, seen *tree.Value, f *rule.Facts) (any, error) {
	decoded, err := podtemplate.Typed(seen)
	if err != nil {
		return nil, err
	}
	if decoded.Namespace == "" && !j.fromManifest() {
		decoded.Namespace = j.Namespace
	}
	proxy, warnings, err := c.mesh.ForPod(pod.Annotations(f.Original).Value(pod.ProxyConfigKey), mesh.Selected{})
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
		ProxyUID:                 rule.DefaultProxyID,
		ProxyGID:                 rule.DefaultProxyID,
		InboundTrafficPolicyMode: c.mesh.InboundTrafficPolicyMode(),
		CompliancePolicy:         c.values.Text("pilot", "env", "COMPLIANCE_POLICY"),
	}
	if c.options.OpenShift {
		if v.ProxyUID, v.ProxyGID, err = rule.ProxyIDs(j.NamespaceAnnotations); err != nil {
			return nil, refused(InvalidAnnotation, fmt.Errorf("namespace %s: %w", j.Namespace, err))
		}
	}
	f.Mesh = rule.Mesh{
		StatusPort:       c.mesh.Proxy().StatusPort(),
		MergePrometheus:  c.mesh.EnablePrometheusMerge(),
		HoldApplication:  proxy.HoldApplicationUntilProxyStarts() || c.values.Flag("global", "proxy", "holdApplicationUntilProxyStarts"),
		TransparentProxy: proxy.InterceptionMode() == "TPROXY",
	}
	return v, nil
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
	if t := pod.Annotations(p).Value(pod.ImageTypeKey); t != "" {
		return t
	}
	if t := proxy.ImageType(); t != "" {
		return t
	}
	return c.values.Text("global", "variant")
}

// seenWithoutInjection lays over the pod as it came, and shows it to templates without
// the earlier injection.
func (c *configuration) seenWithoutInjection(p *tree.Value) (base, seen *tree.Value, err error) {
	seen, err = rule.WithoutInjection(p, c.mesh.Proxy().StatusPort())
	return p, seen, err
}
