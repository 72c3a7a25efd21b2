package inject

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/outrigger-io/outrigger/pkg/mesh"
	"github.com/outrigger-io/outrigger/pkg/pod"
	"github.com/outrigger-io/outrigger/pkg/podmerge"
	"github.com/outrigger-io/outrigger/pkg/podtemplate"
	"github.com/outrigger-io/outrigger/pkg/replica"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// v1 is the generation of the 1.0 line (spec: v1.0.md).
type v1 struct {
	policy   string
	template *podtemplate.Template
	reading  replica.Reading
	version  string // of the template: its SHA-256
	mesh     *mesh.V1MeshConfig
	warned   []string
}

func compileV1(config *tree.Value, s Sources) (*v1, error) {
	var errs []error
	note := func(where string, err error) {
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", where, err))
		}
	}
	g := &v1{}
	var err error
	g.policy, err = stringMember(config, "policy")
	note("injector config", err)
	text, err := stringMember(config, "template")
	note("injector config", err)
	sum := sha256.Sum256([]byte(text))
	g.version = hex.EncodeToString(sum[:])
	g.template, err = podtemplate.Parse("template", text, "[[", "]]", podtemplate.V1Functions, reflect.TypeFor[podtemplate.V1View]())
	note("injector config", err)
	if g.template != nil {
		g.reading = replica.ReadingOf(g.template.Reads)
	}
	g.mesh, err = mesh.ParseV1(s.Mesh)
	note("mesh config", err)
	if g.policy != policyEnabled && g.policy != policyDisabled {
		g.warned = []string{fmt.Sprintf("injector config: policy %q is neither enabled nor disabled, so no pod is injected", g.policy)}
	}
	return g, errors.Join(errs...)
}

func (g *v1) warnings() []string { return g.warned }

func (g *v1) reads(*job) replica.Reading { return g.reading }

func (g *v1) decide(j *job) Decision {
	if j.pod.Get("spec", "hostNetwork").True() {
		return skip(HostNetwork, "hostNetwork is true")
	}
	if j.fromManifest() {
		return inject(PolicyEnabled, "the 1.0 line's command injects every workload")
	}
	if j.Namespace == "kube-system" || j.Namespace == "kube-public" {
		return skip(NamespaceIgnored, "namespace "+j.Namespace+" is never injected")
	}
	if g.policy != policyEnabled && g.policy != policyDisabled {
		return skip(PolicyInvalid, fmt.Sprintf("the configuration's policy %q is neither enabled nor disabled", g.policy))
	}
	switch wish := pod.Annotations(j.pod).Value(pod.InjectKey); strings.ToLower(wish) {
	case "":
	case "y", "yes", "true", "on":
		return inject(AnnotationEnabled, fmt.Sprintf("annotation %s is %s", pod.InjectKey, wish))
	default:
		return skip(AnnotationDisabled, fmt.Sprintf("annotation %s is %q", pod.InjectKey, wish))
	}
	if g.policy == policyDisabled {
		return skip(PolicyDisabled, "the configuration's policy is disabled, and nothing asks for injection")
	}
	return inject(PolicyEnabled, "the configuration's policy is enabled")
}

// v1Lists are the lists that a template of the 1.0 line renders, which are lists
// of the pod's spec.
var v1Lists = []string{"initContainers", "containers", "volumes", "imagePullSecrets"}

func (g *v1) inject(j *job) (p, template *tree.Value, err error) {
	if err := checkAnnotations(j.pod, v1Checks); err != nil {
		return nil, nil, err
	}
	p = j.pod
	status, err := pod.JSONAnnotation(p, pod.StatusKey)
	if err != nil {
		return nil, nil, refused(InvalidPod, err)
	}
	for _, list := range v1Lists {
		p = withoutAppended(p, list, status.Get(list))
	}
	// Templates see the pod without the earlier injection, as they did the first
	// time; its status would otherwise become part of what they say of the pod.
	decoded, err := podtemplate.Typed(pod.WithoutAnnotations(p, func(key string) bool { return key == pod.StatusKey }))
	if err != nil {
		return nil, nil, refused(InvalidPod, err)
	}
	rendered, err := g.template.Render(podtemplate.V1View{ObjectMeta: decoded.ObjectMeta, Spec: decoded.Spec, ProxyConfig: g.mesh.DefaultConfig, MeshConfig: g.mesh})
	if err != nil {
		return nil, nil, refused(TemplateFailed, err)
	}
	template = tree.NewObject(tree.Member{Key: "spec", Value: v1Spec(rendered)})
	if err := wrapTemplate("template", podmerge.Pod().Check(template, "pod")); err != nil {
		return nil, nil, refused(TemplateFailed, err)
	}
	j.writesVarying = replica.WritesVarying(template)
	for _, list := range v1Lists {
		if added := pod.List(template, list); len(added) > 0 {
			p = pod.WithList(p, list, append(slices.Clone(pod.List(p, list)), added...))
		}
	}
	version := tree.Member{Key: "version", Value: tree.NewString(g.version)}
	own := tree.NewObject(append([]tree.Member{version}, statusOf(template).Members()...)...)
	return pod.WithAnnotation(p, pod.StatusKey, string(own.JSON())), template, nil
}

// withoutAppended takes off what an earlier injection appended to a list: of each
// name the last element, since the user's own of that name stands before it.
func withoutAppended(p *tree.Value, list string, names *tree.Value) *tree.Value {
	items := pod.List(p, list)
	for _, name := range names.Items() {
		for i, item := range slices.Backward(items) {
			if item.Get("name").Text() == name.Text() {
				items = slices.Delete(slices.Clone(items), i, i+1)
				break
			}
		}
	}
	if len(items) == 0 && len(pod.List(p, list)) > 0 {
		return p.WithAt(p.Get("spec").Without(list), "spec")
	}
	return pod.WithList(p, list, items)
}

// v1Spec reads what the template rendered as the pod's fields.
func v1Spec(rendered *tree.Value) *tree.Value {
	spec := tree.NewObject()
	for _, list := range v1Lists {
		items := podmerge.Pod().At("spec").Field(list).Coerced(rendered.Get(list)).Items()
		if strings.HasSuffix(list, "ontainers") {
			// The template that the 1.0 line shipped writes a restartPolicy on its
			// containers, which had none until Kubernetes 1.28 gave one a meaning.
			for i := range items {
				items[i] = items[i].Without("restartPolicy")
			}
		}
		if len(items) > 0 {
			spec = spec.With(list, tree.NewArray(items...))
		}
	}
	return spec
}
