package inject

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"

	"google.golang.org/protobuf/proto"
	meshconfig "istio.io/api/mesh/v1alpha1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/yaml"

	"github.com/outrigger-io/outrigger/pkg/mesh"
	"github.com/outrigger-io/outrigger/pkg/pod"
	"github.com/outrigger-io/outrigger/pkg/podmerge"
	"github.com/outrigger-io/outrigger/pkg/podtemplate"
	"github.com/outrigger-io/outrigger/pkg/replica"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// current is today's generation of the configuration (spec: injection.md).
type current struct {
	rules
	templates           map[string]*podtemplate.Template
	readings            map[string]replica.Reading // of each template
	defaultTemplates    []string
	aliases             map[string][]string
	injectedAnnotations []tree.Member
	values              podtemplate.Values
	mesh                *meshconfig.MeshConfig
	// meshProxyJSON is protoToJSON of the mesh's own ProxyConfig, which is that of
	// every pod without an annotation that changes it.
	meshProxyJSON string
	options       Options
	warned        []string
}

func compileCurrent(config *tree.Value, s Sources, o Options) (*current, error) {
	c := &current{
		templates: map[string]*podtemplate.Template{},
		readings:  map[string]replica.Reading{},
		aliases:   map[string][]string{},
		options:   o,
	}
	var errs []error
	note := func(where string, err error) {
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", where, err))
		}
	}
	var err error
	c.policy, err = stringMember(config, "policy")
	note("injector config", err)
	c.defaultTemplates, err = stringsMember(config, "defaultTemplates")
	note("injector config", err)
	if len(c.defaultTemplates) == 0 {
		c.defaultTemplates = []string{"sidecar"}
	}
	errs = append(errs, c.parseTemplates(config.Get("templates"))...)
	for _, m := range config.Get("aliases").Members() {
		c.aliases[m.Key], err = stringsMember(config.Get("aliases"), m.Key)
		note("injector config: aliases", err)
	}
	for _, m := range config.Get("injectedAnnotations").Members() {
		text, err := stringMember(config.Get("injectedAnnotations"), m.Key)
		note("injector config: injectedAnnotations", err)
		c.injectedAnnotations = append(c.injectedAnnotations, tree.Member{Key: m.Key, Value: tree.NewString(text)})
	}
	var warned []string
	c.never, warned = selectors(config, "neverInjectSelector")
	c.warned = append(c.warned, warned...)
	c.always, warned = selectors(config, "alwaysInjectSelector")
	c.warned = append(c.warned, warned...)
	note("injector values", yaml.Unmarshal(s.Values, &c.values))
	c.mesh, err = mesh.Parse(s.Mesh)
	note("mesh config", err)
	if errors.Join(errs...) == nil {
		c.meshProxyJSON, err = podtemplate.ProtoToJSON(c.mesh.DefaultConfig)
		note("mesh config", err)
		same := &podtemplate.View{Values: c.values, MeshConfig: c.mesh, Revision: o.Revision}
		for _, t := range c.templates {
			t.Fold(same, "Values", "MeshConfig", "Revision")
		}
	}
	if c.policy != policyEnabled && c.policy != policyDisabled {
		c.warned = append(c.warned, fmt.Sprintf("injector config: policy %q is neither enabled nor disabled, so no pod is injected", c.policy))
	}
	return c, errors.Join(errs...)
}

// parseTemplates parses all templates at once: that is half of compiling a
// configuration, which every start of the command waits for.
func (c *current) parseTemplates(templates *tree.Value) []error {
	funcs := podtemplate.Functions(c.options.TemplateEnv)
	funcs["protoToJSON"] = c.protoToJSON
	members := templates.Members()
	parsed, errs := make([]*podtemplate.Template, len(members)), make([]error, len(members))
	var parsing sync.WaitGroup
	for i, m := range members {
		text, err := stringMember(templates, m.Key)
		if err != nil {
			errs[i] = fmt.Errorf("injector config: templates: %w", err)
			continue
		}
		parsing.Go(func() {
			if parsed[i], err = podtemplate.Parse(m.Key, text, "{{", "}}", funcs, reflect.TypeFor[podtemplate.View]()); err != nil {
				errs[i] = fmt.Errorf("injector config: %w", err)
			}
		})
	}
	parsing.Wait()
	for i, m := range members {
		if parsed[i] != nil {
			c.templates[m.Key], c.readings[m.Key] = parsed[i], replica.ReadingOf(parsed[i].Reads)
		}
	}
	return errs
}

func (c *current) protoToJSON(m proto.Message) (string, error) {
	if m == proto.Message(c.mesh.DefaultConfig) {
		return c.meshProxyJSON, nil
	}
	return podtemplate.ProtoToJSON(m)
}

func (c *current) warnings() []string { return c.warned }

func (c *current) inject(j *job) (p, template *tree.Value, err error) {
	p = j.pod
	if c.options.OpenShift {
		p = withoutAssignedIDs(p)
	}
	if err := checkAnnotations(p, currentChecks); err != nil {
		return nil, nil, err
	}
	warnDeprecated(j)
	v, err := c.view(j, p)
	if err != nil {
		return nil, nil, err
	}
	merged, template, err := c.layOver(j, p, v)
	if err != nil {
		return nil, nil, err
	}
	merged, err = applyOverrides(merged, p, template, v.ProxyConfig)
	if err != nil {
		return nil, nil, refused(InvalidPod, err)
	}
	return c.finish(j, merged, template, v), template, nil
}

func (c *current) reads(j *job) replica.Reading {
	names, err := c.selected(j.pod)
	if err != nil {
		return replica.Reading{Never: true} // no two refusals are worth remembering
	}
	var r replica.Reading
	for _, name := range names {
		r = r.And(c.readings[name])
	}
	return r
}

// view gathers what the templates see of a pod.
func (c *current) view(j *job, p *tree.Value) (*podtemplate.View, error) {
	stripped, err := withoutInjection(p, c.mesh.DefaultConfig.GetStatusPort())
	if err != nil {
		return nil, refused(InvalidPod, err)
	}
	decoded, err := podtemplate.Typed(stripped)
	if err != nil {
		return nil, refused(InvalidPod, err)
	}
	if decoded.Namespace == "" && !j.fromManifest() {
		decoded.Namespace = j.Namespace
	}
	proxyConfig := c.mesh.DefaultConfig
	if text, ok := pod.Annotations(p).Get(pod.ProxyConfigKey); ok {
		if proxyConfig, err = mesh.ParseProxyConfig(proxyConfig, text); err != nil {
			return nil, &RefusedError{InvalidAnnotation, fmt.Errorf("annotation %s: %w", pod.ProxyConfigKey, err)}
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
		ProxyImage:               podtemplate.ProxyImage(c.values, c.imageType(p, proxyConfig)),
		ProxyUID:                 defaultProxyID,
		ProxyGID:                 defaultProxyID,
		InboundTrafficPolicyMode: strings.ToLower(c.mesh.GetInboundTrafficPolicy().GetMode().String()),
		CompliancePolicy:         c.values.Text("pilot", "env", "COMPLIANCE_POLICY"),
	}
	if c.options.OpenShift {
		if v.ProxyUID, v.ProxyGID, err = proxyIDs(j.NamespaceAnnotations); err != nil {
			return nil, &RefusedError{InvalidAnnotation, fmt.Errorf("namespace %s: %w", j.Namespace, err)}
		}
	}
	return v, nil
}

func (c *current) nativeSidecars(j *job) bool {
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

func (c *current) imageType(p *tree.Value, proxyConfig *meshconfig.ProxyConfig) string {
	if t := pod.Annotations(p).Value(pod.ImageTypeKey); t != "" {
		return t
	}
	if t := proxyConfig.GetImage().GetImageType(); t != "" {
		return t
	}
	return c.values.Text("global", "variant")
}

// layOver renders the templates that the pod asks for and lays each over the pod,
// and over an empty one to see what they add.
func (c *current) layOver(j *job, p *tree.Value, v *podtemplate.View) (merged, template *tree.Value, err error) {
	names, err := c.selected(p)
	if err != nil {
		return nil, nil, err
	}
	merged, template = p, tree.NewObject()
	for _, name := range names {
		overlay, err := c.templates[name].Render(v)
		if err == nil {
			err = wrapTemplate(name, podmerge.Pod().Check(overlay, "pod"))
		}
		if err != nil {
			return nil, nil, refused(TemplateFailed, err)
		}
		j.writesVarying = j.writesVarying || replica.WritesVarying(overlay)
		if template, err = podmerge.Pod().Merge(template, overlay, "pod"); err != nil {
			return nil, nil, refused(TemplateFailed, wrapTemplate(name, err))
		}
		merged = moveProxyBeside(merged, template)
		if merged, err = podmerge.Pod().Merge(merged, overlay, "pod"); err != nil {
			return nil, nil, refused(TemplateFailed, wrapTemplate(name, err))
		}
	}
	return merged, template, nil
}

func wrapTemplate(name string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("template %q: %w", name, err)
}

// selected returns the names of the templates for a pod, aliases resolved.
func (c *current) selected(p *tree.Value) ([]string, error) {
	wanted := c.defaultTemplates
	if text, ok := pod.Annotations(p).Get(pod.TemplatesKey); ok {
		wanted = nil
		for name := range strings.SplitSeq(text, ",") {
			wanted = append(wanted, strings.TrimSpace(name))
		}
	}
	var names []string
	for _, name := range wanted {
		if behind, ok := c.aliases[name]; ok {
			names = append(names, behind...)
		} else {
			names = append(names, name)
		}
	}
	for _, name := range names {
		if c.templates[name] == nil {
			known := slices.Sorted(maps.Keys(c.templates))
			return nil, &RefusedError{TemplateUnknown, fmt.Errorf("template %q is unknown; the configuration has %s", name, strings.Join(known, ", "))}
		}
	}
	return names, nil
}

// moveProxyBeside moves the pod's own istio-proxy to the list in which the
// templates have theirs, so that the two merge. Only among the init containers
// may a container have a restartPolicy.
func moveProxyBeside(p, template *tree.Value) *tree.Value {
	wanted, _, _ := pod.FindProxy(template)
	list, i, proxy := pod.FindProxy(p)
	if wanted == "" || proxy == nil || list == wanted {
		return p
	}
	if wanted == "containers" {
		proxy = proxy.Without("restartPolicy")
	}
	from := pod.List(p, list)
	p = pod.WithList(p, list, slices.Delete(slices.Clone(from), i, i+1))
	return pod.WithList(p, wanted, append(slices.Clone(pod.List(p, wanted)), proxy))
}

// finish does what follows the merge, in the order of spec injection.md section 7.
func (c *current) finish(j *job, p, template *tree.Value, v *podtemplate.View) *tree.Value {
	env := c.clusterEnv(j)
	statusPort := c.mesh.DefaultConfig.GetStatusPort()
	p = setClusterEnv(p, env)
	p = mergePrometheus(p, c.mesh.GetEnablePrometheusMerge().GetValue(), statusPort)
	if c.rewritesProbes(p) {
		p = rewriteProbes(p, statusPort)
	}
	if network := env[pod.NetworkVariable]; network != "" {
		p = pod.WithLabel(p, pod.NetworkLabel, network)
	}
	revision := c.options.Revision
	if revision == "" {
		revision = "default"
	}
	status := statusOf(template, tree.Member{Key: "revision", Value: tree.NewString(revision)})
	p = pod.WithAnnotation(p, pod.StatusKey, string(status.JSON()))
	for _, m := range c.injectedAnnotations {
		p = pod.WithAnnotation(p, m.Key, m.Value.Text())
	}
	holds := v.ProxyConfig.GetHoldApplicationUntilProxyStarts().GetValue() || c.values.Flag("global", "proxy", "holdApplicationUntilProxyStarts")
	return orderContainers(p, holds)
}

// clusterEnv is what the URL says, then the values, and of the network before
// both the pod's label.
func (c *current) clusterEnv(j *job) map[string]string {
	env := maps.Clone(j.Params.Env)
	if env == nil {
		env = map[string]string{}
	}
	if cluster := c.values.Text("global", "multiCluster", "clusterName"); cluster != "" && env[pod.ClusterVariable] == "" {
		env[pod.ClusterVariable] = cluster
	}
	if network := c.values.Text("global", "network"); network != "" && env[pod.NetworkVariable] == "" {
		env[pod.NetworkVariable] = network
	}
	if network := pod.Labels(j.pod).Value(pod.NetworkLabel); network != "" {
		env[pod.NetworkVariable] = network
	}
	return env
}

func (c *current) rewritesProbes(p *tree.Value) bool {
	if wish, ok := pod.Annotations(p).Get(pod.RewriteProbersKey); ok {
		if rewrite, err := strconv.ParseBool(wish); err == nil {
			return rewrite
		}
	}
	return c.values.Flag("sidecarInjectorWebhook", "rewriteAppHTTPProbe")
}
