package check

import (
	"cmp"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/outrigger-io/outrigger/deploy/profiles"
	"github.com/outrigger-io/outrigger/pkg/inject"
	"github.com/outrigger-io/outrigger/pkg/webhook"
)

// configMapNames are the ConfigMaps that the configuration is read from, by the
// rules of `outrigger serve`. ok is false where it is a profile or in files.
func (i *identity) configMapNames() (namespace, injector, mesh string, ok bool) {
	if i.arguments["profile"] != "" || i.arguments["inject-config-file"] != "" {
		return "", "", "", false
	}
	return cmp.Or(i.arguments["config-namespace"], i.Namespace),
		cmp.Or(i.arguments["injector-config-map"], webhook.InjectorConfigMap(i.Revision)),
		cmp.Or(i.arguments["mesh-config-map"], webhook.MeshConfigMap(i.Revision)), true
}

// Sources are the configuration's texts, or the findings of why there are none.
func (i *Installation) Sources() (subject string, s inject.Sources, findings []Finding) {
	namespace, injector, mesh, ok := i.configMapNames()
	if !ok {
		name := i.arguments["profile"]
		if name == "" {
			subject = "file " + i.arguments["inject-config-file"]
			return subject, s, []Finding{{Info, NotLookedAt, subject, "not looked at: it is inside the replicas", ""}}
		}
		subject = "profile " + name
		s, err := profiles.Get(name)
		if err != nil {
			findings = []Finding{{Warning, NotLookedAt, subject, "not looked at: " + err.Error(), "run the check with the version of Outrigger that runs in the cluster"}}
		}
		return subject, s, findings
	}
	subject = "ConfigMap " + namespace + "/" + injector
	for _, key := range []struct {
		in       Seen[*corev1.ConfigMap]
		name     string
		key      string
		required bool
		into     *[]byte
	}{
		{i.Injector, injector, "config", true, &s.Config},
		{i.Injector, injector, "values", false, &s.Values},
		{i.Mesh, mesh, "mesh", true, &s.Mesh},
	} {
		in := "ConfigMap " + namespace + "/" + key.name
		what := ""
		switch {
		case key.in.unread():
			findings = append(findings, notLookedAt(in, key.in.Err))
			continue
		case key.in.missing() && i.Deployment.unread() && len(i.arguments) == 0:
			// It may be elsewhere, or a profile.
			if key.required {
				findings = append(findings, Finding{
					Warning, NotLookedAt, in, "it does not exist, and the Deployment cannot be read to tell whether it should",
					"say where the configuration is by --config-namespace, --injector-config-map and --mesh-config-map",
				})
			}
			continue
		case key.in.missing():
			what = "it does not exist"
		default:
			text, has := key.in.Value.Data[key.key]
			if *key.into = []byte(text); has || !key.required {
				continue
			}
			what = fmt.Sprintf("it has no key %q", key.key)
		}
		if key.required {
			findings = append(findings, Finding{
				Error, ConfigMapMissing, in, what + ": running replicas keep the previous configuration, and new ones do not become ready",
				"bring it back, or say which it is by --config-namespace, --injector-config-map and --mesh-config-map",
			})
		}
	}
	return subject, s, findings
}

// engine is the configuration, compiled. It is nil where the findings say why.
func (i *Installation) engine(openShift bool) (subject string, engine *inject.Injector, findings []Finding) {
	subject, sources, findings := i.Sources()
	if len(findings) > 0 {
		return subject, nil, findings
	}
	engine, err := inject.Compile(sources, inject.Options{Revision: i.Revision, OpenShift: openShift})
	if err != nil {
		return subject, nil, []Finding{DoesNotCompile(subject, err)}
	}
	return subject, engine, nil
}

// DoesNotCompile is the finding of a configuration that is no injector.
func DoesNotCompile(subject string, err error) Finding {
	return Finding{
		Error, ConfigurationInvalid, subject,
		"it does not compile, so replicas go on with what they have read before, and one that starts does not become ready: " + strings.ReplaceAll(err.Error(), "\n", "; "),
		"correct it or take the change back; a correction can be tried by outrigger check config -f config.yaml",
	}
}

// ordinaryPod is one that says nothing about injection.
const ordinaryPod = `{"metadata":{"name":"trial"},"spec":{"containers":[{"name":"app","image":"app"}]}}`

// judgeConfiguration compiles the configuration and tries it on a pod.
func (i *Installation) judgeConfiguration(o *Observation) []Finding {
	subject, engine, findings := i.engine(o.OpenShift)
	if engine == nil {
		return findings
	}
	return JudgeEngine(subject, engine)
}

// JudgeEngine tries a configuration that compiles.
func JudgeEngine(subject string, engine *inject.Injector) (findings []Finding) {
	result, err := engine.Inject(inject.Request{Pod: []byte(ordinaryPod), Namespace: "default"})
	tried := engine.Try()
	switch {
	case tried != nil:
		findings = append(findings, Finding{
			Error, ConfigurationRefuses, subject,
			"it refuses ordinary pods, so replicas go on with what they have read before, and one that starts does not become ready: " + strings.ReplaceAll(tried.Error(), "\n", "; "),
			"correct it or take the change back; a correction can be tried by outrigger check config -f config.yaml",
		})
	case err != nil:
		findings = append(findings, Finding{
			Error, ConfigurationRefuses, subject, "it refuses an ordinary pod: " + strings.ReplaceAll(err.Error(), "\n", "; "),
			"correct it or take the change back",
		})
	case result.Decision.Reason == inject.PolicyInvalid:
		// Its warnings say the same.
		return []Finding{{Error, ConfigurationSkips, subject, "it injects no pod: " + result.Decision.Detail, nextOf(inject.PolicyInvalid)}}
	case !result.Decision.Inject:
		findings = append(findings, Finding{Info, ConfigurationSkips, subject, "it does not inject pods that do not ask for it: " + result.Decision.Detail, ""})
	}
	for _, warning := range engine.Warnings() {
		findings = append(findings, Finding{Warning, ConfigurationIgnores, subject, warning, "correct or remove it"})
	}
	if len(findings) == 0 {
		findings = append(findings, Finding{OK, ConfigurationCompiles, subject, "it has the format of " + engine.Format() + ", compiles, and injects ordinary pods", ""})
	}
	return findings
}
