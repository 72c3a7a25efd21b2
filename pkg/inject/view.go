package inject

import (
	"fmt"
	"strconv"
	"strings"
	"text/template"

	"google.golang.org/protobuf/proto"
	meshconfig "istio.io/api/mesh/v1alpha1"
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
	if c.mesh, err = mesh.Parse(text); err != nil {
		return err
	}
	if c.meshProxyJSON, err = podtemplate.ProtoToJSON(c.mesh.DefaultConfig); err != nil {
		return err
	}
	same := &podtemplate.View{Values: c.values, MeshConfig: c.mesh, Revision: c.options.Revision}
	for _, t := range c.templates {
		t.Fold(same, "Values", "MeshConfig", "Revision")
	}
	return nil
}

func (c *configuration) currentFunctions() template.FuncMap {
	functions := podtemplate.Functions(c.options.TemplateEnv)
	functions["protoToJSON"] = func(m proto.Message) (string, error) {
		if m == proto.Message(c.mesh.DefaultConfig) {
			return c.meshProxyJSON, nil
		}
		return podtemplate.ProtoToJSON(m)
	}
	return functions
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
	proxyConfig := c.mesh.DefaultConfig
	if text, ok := pod.Annotations(f.Original).Get(pod.ProxyConfigKey); ok {
		if proxyConfig, err = mesh.ParseProxyConfig(proxyConfig, text); err != nil {
			return nil, &pod.AnnotationError{Key: pod.ProxyConfigKey, Err: err}
		}
	}
	v := &podtemplate.View{
		TypeMeta:                 metav1.TypeMeta{APIVersion: j.workload.APIVersion, Kind: j.workload.Kind},
		DeploymentMeta:           types.NamespacedName{Namespace: j.workload.Namespace, Name: j.workload.Name},
		ObjectMeta:               decoded.ObjectMeta,
		Spec:                     decoded.Spec,
		ProxyConfig:              proxyConfig,
		MeshConfig:               c.mesh,
		Values:                   c.values,
		Revision:                 c.options.Revision,
		NativeSidecars:           c.nativeSidecars(j),
		ProxyImage:               podtemplate.ProxyImage(c.values, c.imageType(f.Original, proxyConfig)),
		ProxyUID:                 rule.DefaultProxyID,
		ProxyGID:                 rule.DefaultProxyID,
		InboundTrafficPolicyMode: strings.ToLower(c.mesh.GetInboundTrafficPolicy().GetMode().String()),
		CompliancePolicy:         c.values.Text("pilot", "env", "COMPLIANCE_POLICY"),
	}
	if c.options.OpenShift {
		if v.ProxyUID, v.ProxyGID, err = rule.ProxyIDs(j.NamespaceAnnotations); err != nil {
			return nil, refused(InvalidAnnotation, fmt.Errorf("namespace %s: %w", j.Namespace, err))
		}
	}
	f.Mesh = rule.Mesh{
		StatusPort:       c.mesh.DefaultConfig.GetStatusPort(),
		MergePrometheus:  c.mesh.GetEnablePrometheusMerge().GetValue(),
		HoldApplication:  proxyConfig.GetHoldApplicationUntilProxyStarts().GetValue() || c.values.Flag("global", "proxy", "holdApplicationUntilProxyStarts"),
		TransparentProxy: proxyConfig.GetInterceptionMode() == meshconfig.ProxyConfig_TPROXY,
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

func (c *configuration) imageType(p *tree.Value, proxyConfig *meshconfig.ProxyConfig) string {
	if t := pod.Annotations(p).Value(pod.ImageTypeKey); t != "" {
		return t
	}
	if t := proxyConfig.GetImage().GetImageType(); t != "" {
		return t
	}
	return c.values.Text("global", "variant")
}

// seenWithoutInjection lays over the pod as it came, and shows it to templates without
// the earlier injection.
func (c *configuration) seenWithoutInjection(p *tree.Value) (base, seen *tree.Value, err error) {
	seen, err = rule.WithoutInjection(p, c.mesh.DefaultConfig.GetStatusPort())
	return p, seen, err
}
