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

	"github.com/outrigger-io/outrigger/pkg/tree"
)

// current is today's generation of the configuration (spec: injection.md).
type current struct {
	rules
	templates           map[string]*podTemplate
	defaultTemplates    []string
	aliases             map[string][]string
	injectedAnnotations []tree.Member
	values              values
	mesh                *meshconfig.MeshConfig
	// meshProxyJSON is protoToJSON of the mesh's own ProxyConfig, which is that of
	// every pod without an annotation that changes it.
	meshProxyJSON string
	options       Options
	warned        []string
}

func compileCurrent(config *tree.Value, s Sources, o Options) (*current, error) {
	c := &current{
		templates: map[string]*podTemplate{},
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
	c.mesh, err = parseMeshConfig(s.Mesh)
	note("mesh config", err)
	if errors.Join(errs...) == nil {
		c.meshProxyJSON, err = protoToJSON(c.mesh.DefaultConfig)
		note("mesh config", err)
		same := &view{Values: c.values, MeshConfig: c.mesh, Revision: o.Revision}
		for _, t := range c.templates {
			t.same, t.constant = same, []string{"Values", "MeshConfig", "Revision"}
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
	funcs := templateFuncs(c.options.TemplateEnv)
	funcs["protoToJSON"] = c.protoToJSON
	members := templates.Members()
	parsed, errs := make([]*podTemplate, len(members)), make([]error, len(members))
	var parsing sync.WaitGroup
	for i, m := range members {
		text, err := stringMember(templates, m.Key)
		if err != nil {
			errs[i] = fmt.Errorf("injector config: templates: %w", err)
			continue
		}
		parsing.Go(func() {
			if parsed[i], err = parseTemplate(m.Key, text, "{{", "}}", funcs, reflect.TypeFor[view]()); err != nil {
				errs[i] = fmt.Errorf("injector config: %w", err)
			}
		})
	}
	parsing.Wait()
	for i, m := range members {
		c.templates[m.Key] = parsed[i]
	}
	return errs
}

func (c *current) protoToJSON(m proto.Message) (string, error) {
	if m == proto.Message(c.mesh.DefaultConfig) {
		return c.meshProxyJSON, nil
	}
	return protoToJSON(m)
}

func (c *current) warnings() []string { return c.warned }

func (c *current) inject(j *job) (pod, template *tree.Value, err error) {
	pod = j.pod
	if c.options.OpenShift {
		pod = withoutAssignedIDs(pod)
	}
	if err := checkAnnotations(pod, currentChecks); err != nil {
		return nil, nil, err
	}
	warnDeprecated(j)
	v, err := c.view(j, pod)
	if err != nil {
		return nil, nil, err
	}
	merged, template, err := c.layOver(j, pod, v)
	if err != nil {
		return nil, nil, err
	}
	merged, err = applyOverrides(merged, pod, template, v.ProxyConfig)
	if err != nil {
		return nil, nil, err
	}
	return c.finish(j, merged, template, v), template, nil
}

func (c *current) reads(j *job) reads {
	names, err := c.selected(j.pod)
	if err != nil {
		return reads{unrepeatable: true} // no two refusals are worth remembering
	}
	var r reads
	for _, name := range names {
		r = r.and(c.templates[name].reads)
	}
	return r
}

// view gathers what the templates see of a pod.
func (c *current) view(j *job, pod *tree.Value) (*view, error) {
	stripped, err := withoutInjection(pod, c.mesh.DefaultConfig.GetStatusPort())
	if err != nil {
		return nil, err
	}
	p, err := typed(stripped)
	if err != nil {
		return nil, err
	}
	if p.Namespace == "" && !j.fromManifest() {
		p.Namespace = j.Namespace
	}
	proxyConfig := c.mesh.DefaultConfig
	if text, ok := annotationsOf(pod).get(proxyConfigKey); ok {
		if proxyConfig, err = parseProxyConfig(proxyConfig, text); err != nil {
			return nil, &RefusedError{InvalidAnnotation, fmt.Errorf("annotation %s: %w", proxyConfigKey, err)}
		}
	}
	v := &view{
		TypeMeta:                 metav1.TypeMeta{APIVersion: j.workload.APIVersion, Kind: j.workload.Kind},
		DeploymentMeta:           types.NamespacedName{Namespace: j.workload.Namespace, Name: j.workload.Name},
		ObjectMeta:               p.ObjectMeta,
		Spec:                     p.Spec,
		ProxyConfig:              proxyConfig,
		MeshConfig:               c.mesh,
		Values:                   c.values,
		Revision:                 c.options.Revision,
		NativeSidecars:           c.nativeSidecars(j),
		ProxyImage:               proxyImage(c.values, c.imageType(pod, proxyConfig)),
		ProxyUID:                 defaultProxyID,
		ProxyGID:                 defaultProxyID,
		InboundTrafficPolicyMode: strings.ToLower(c.mesh.GetInboundTrafficPolicy().GetMode().String()),
		CompliancePolicy:         c.values.text("pilot", "env", "COMPLIANCE_POLICY"),
	}
	if c.options.OpenShift {
		if v.ProxyUID, v.ProxyGID, err = proxyIDs(j.NamespaceAnnotations); err != nil {
			return nil, &RefusedError{InvalidAnnotation, fmt.Errorf("namespace %s: %w", j.Namespace, err)}
		}
	}
	return v, nil
}

func (c *current) nativeSidecars(j *job) bool {
	wish, ok := annotationsOf(j.pod).get(nativeSidecarKey)
	if !ok {
		return j.NativeSidecars
	}
	native, err := strconv.ParseBool(wish)
	if err != nil {
		j.warn("annotation %s: %q is neither true nor false and was ignored", nativeSidecarKey, wish)
		return j.NativeSidecars
	}
	return native
}

func (c *current) imageType(pod *tree.Value, proxyConfig *meshconfig.ProxyConfig) string {
	if t := annotationsOf(pod).value(imageTypeKey); t != "" {
		return t
	}
	if t := proxyConfig.GetImage().GetImageType(); t != "" {
		return t
	}
	return c.values.text("global", "variant")
}

// layOver renders the templates that the pod asks for and lays each over the pod,
// and over an empty one to see what they add.
func (c *current) layOver(j *job, pod *tree.Value, v *view) (merged, template *tree.Value, err error) {
	names, err := c.selected(pod)
	if err != nil {
		return nil, nil, err
	}
	merged, template = pod, tree.NewObject()
	for _, name := range names {
		overlay, err := c.templates[name].render(v)
		if err == nil {
			err = wrapTemplate(name, podSchema().check(overlay, "pod"))
		}
		if err != nil {
			return nil, nil, err
		}
		j.writesVarying = j.writesVarying || writesVarying(overlay)
		if template, err = podSchema().merge(template, overlay, "pod"); err != nil {
			return nil, nil, wrapTemplate(name, err)
		}
		merged = moveProxyBeside(merged, template)
		if merged, err = podSchema().merge(merged, overlay, "pod"); err != nil {
			return nil, nil, wrapTemplate(name, err)
		}
	}
	return merged, template, nil
}

func wrapTemplate(name string, err error) error {
	if err == nil {
		return nil
	}
	return &RefusedError{TemplateFailed, fmt.Errorf("template %q: %w", name, err)}
}

// selected returns the names of the templates for a pod, aliases resolved.
func (c *current) selected(pod *tree.Value) ([]string, error) {
	wanted := c.defaultTemplates
	if text, ok := annotationsOf(pod).get(templatesKey); ok {
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
func moveProxyBeside(pod, template *tree.Value) *tree.Value {
	wanted, _, _ := findProxy(template)
	list, i, proxy := findProxy(pod)
	if wanted == "" || proxy == nil || list == wanted {
		return pod
	}
	if wanted == "containers" {
		proxy = proxy.Without("restartPolicy")
	}
	from := specList(pod, list)
	pod = withSpecList(pod, list, slices.Delete(slices.Clone(from), i, i+1))
	return withSpecList(pod, wanted, append(slices.Clone(specList(pod, wanted)), proxy))
}

// finish does what follows the merge, in the order of spec injection.md section 7.
func (c *current) finish(j *job, pod, template *tree.Value, v *view) *tree.Value {
	env := c.clusterEnv(j)
	statusPort := c.mesh.DefaultConfig.GetStatusPort()
	pod = setClusterEnv(pod, env)
	pod = mergePrometheus(pod, c.mesh.GetEnablePrometheusMerge().GetValue(), statusPort)
	if c.rewritesProbes(pod) {
		pod = rewriteProbes(pod, statusPort)
	}
	if network := env[networkVariable]; network != "" {
		pod = withLabel(pod, networkLabel, network)
	}
	revision := c.options.Revision
	if revision == "" {
		revision = "default"
	}
	status := statusOf(template, tree.Member{Key: "revision", Value: tree.NewString(revision)})
	pod = withAnnotation(pod, statusKey, string(status.JSON()))
	for _, m := range c.injectedAnnotations {
		pod = withAnnotation(pod, m.Key, m.Value.Text())
	}
	holds := v.ProxyConfig.GetHoldApplicationUntilProxyStarts().GetValue() || c.values.flag("global", "proxy", "holdApplicationUntilProxyStarts")
	return orderContainers(pod, holds)
}

// clusterEnv is what the URL says, then the values, and of the network before
// both the pod's label.
func (c *current) clusterEnv(j *job) map[string]string {
	env := maps.Clone(j.Params.Env)
	if env == nil {
		env = map[string]string{}
	}
	if cluster := c.values.text("global", "multiCluster", "clusterName"); cluster != "" && env[clusterVariable] == "" {
		env[clusterVariable] = cluster
	}
	if network := c.values.text("global", "network"); network != "" && env[networkVariable] == "" {
		env[networkVariable] = network
	}
	if network := labelsOf(j.pod).value(networkLabel); network != "" {
		env[networkVariable] = network
	}
	return env
}

func (c *current) rewritesProbes(pod *tree.Value) bool {
	if wish, ok := annotationsOf(pod).get(rewriteProbersKey); ok {
		if rewrite, err := strconv.ParseBool(wish); err == nil {
			return rewrite
		}
	}
	return c.values.flag("sidecarInjectorWebhook", "rewriteAppHTTPProbe")
}
