package check

import (
	"fmt"
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/version"
)

// oldestKubernetes is the first whose webhooks have match conditions without a feature
// gate.
const oldestKubernetes = "1.30.0"

// JudgeBefore says whether an installation would work.
func JudgeBefore(b *Before) []Finding {
	findings := b.judgeVersion()
	findings = append(findings, b.judgeRights()...)
	findings = append(findings, b.judgePlace()...)
	findings = append(findings, b.judgePolicies()...)
	findings = append(findings, b.judgeOtherInjectors()...)
	findings = append(findings, b.judgeMesh()...)
	findings = append(findings, b.judgeWaiting()...)
	return append(findings, b.Others.unread()...)
}

func (b *Before) judgeVersion() []Finding {
	const subject = "Kubernetes"
	if b.Version.Err != nil {
		return []Finding{notLookedAt(subject, b.Version.Err)}
	}
	text := b.Version.Value.GitVersion
	has, err := version.ParseGeneric(text)
	switch {
	case err != nil:
		return []Finding{notLookedAt(subject, err)}
	case has.LessThan(version.MustParseGeneric(oldestKubernetes)):
		return []Finding{{
			Error, KubernetesTooOld, subject, "it is " + text + ", whose webhooks have no match conditions: pods with host network would be sent, too",
			"upgrade it to " + strings.TrimSuffix(oldestKubernetes, ".0") + " or later",
		}}
	}
	return []Finding{{OK, KubernetesSupported, subject, "it is " + text, ""}}
}

func (b *Before) judgeRights() []Finding {
	subject := "rights to install in namespace " + b.Namespace
	var lacking []string
	for _, r := range b.Rights {
		if r.Err != nil {
			return []Finding{notLookedAt(subject, r.Err)}
		}
		if !r.Allowed {
			lacking = append(lacking, r.Resource)
		}
	}
	if len(lacking) > 0 {
		return []Finding{{
			Error, RightsLacking, subject, "you have no permission to create " + strings.Join(lacking, ", "),
			"have it installed by somebody who may, such as a cluster administrator",
		}}
	}
	return []Finding{{OK, RightsEnough, subject, "you have permission to create everything that an installation needs", ""}}
}

func (b *Before) judgePlace() []Finding {
	for _, i := range b.Others.Installations {
		if i.Revision == b.Revision {
			return []Finding{{
				Warning, InstalledAlready, "revision " + revisionName(i.Revision), "it is installed already, in namespace " + i.Namespace,
				"upgrade that one, or give another revision a name: --revision here, and --set revision= to Helm",
			}}
		}
	}
	if b.Place.unread() {
		return []Finding{notLookedAt("namespace "+b.Namespace, b.Place.Err)}
	}
	return nil
}

func (b *Before) judgePolicies() []Finding {
	if b.Policies.unread() {
		return []Finding{notLookedAt("NetworkPolicies of "+b.Namespace, b.Policies.Err)}
	}
	var names []string
	for _, p := range b.Policies.Value {
		all := len(p.Spec.PodSelector.MatchLabels) == 0 && len(p.Spec.PodSelector.MatchExpressions) == 0
		if all && (len(p.Spec.PolicyTypes) == 0 || slices.Contains(p.Spec.PolicyTypes, networkingv1.PolicyTypeIngress)) {
			names = append(names, p.Name)
		}
	}
	if len(names) == 0 {
		return nil
	}
	return []Finding{{
		Warning, PolicyInTheWay, "NetworkPolicy " + b.Namespace + "/" + strings.Join(names, ", "),
		"it limits who may call the pods of the namespace, and the API server has to",
		"install with --set networkPolicy.enabled=true, which lets it in",
	}}
}

func (b *Before) judgeOtherInjectors() (findings []Finding) {
	names, shared := b.otherInjectors()
	for _, name := range names {
		subject := "MutatingWebhookConfiguration " + name
		if len(shared[name]) == 0 {
			findings = append(findings, Finding{Info, OtherWebhook, subject, "it belongs to another injector, which shares no namespace with this one", ""})
			continue
		}
		findings = append(findings, Finding{
			Warning, DoubleInjection, subject, "it belongs to another injector, and both would receive the pods of " + some(shared[name], "namespace", "namespaces"),
			"take over as docs/migrating.md says, or install under a revision of its own",
		})
	}
	return findings
}

// judgeMesh tries what configuration.source=mesh would read.
func (b *Before) judgeMesh() []Finding {
	if b.Mesh.Injector.missing() {
		subject, _, _ := b.Mesh.Sources()
		return []Finding{{
			Info, ConfigMapMissing, subject, "it does not exist, so only the embedded configuration can be installed",
			"for that of a mesh elsewhere, say where by --config-namespace",
		}}
	}
	findings := b.Mesh.judgeConfiguration(b.Others)
	for n := range findings {
		if f := &findings[n]; f.Severity == OK {
			f.What += "; --set configuration.source=mesh has it used"
		}
	}
	return findings
}

// judgeWaiting names the namespaces whose pods are injected from the first moment on.
func (b *Before) judgeWaiting() []Finding {
	if b.Others.Namespaces.Err != nil {
		return nil
	}
	var names []string
	for _, n := range b.waiting() {
		names = append(names, n.Name)
	}
	if len(names) == 0 {
		return []Finding{{Info, NoNamespaces, "namespaces", "none is labeled for injection by revision " + revisionName(b.Revision) + " yet", ""}}
	}
	return []Finding{{
		Info, NamespacesWaiting, some(names, "namespace", "namespaces"),
		fmt.Sprintf("asking for injection already: new pods get a sidecar when revision %s is installed", revisionName(b.Revision)), "",
	}}
}
