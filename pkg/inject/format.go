package inject

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/outrigger-io/outrigger/pkg/mesh"
	"github.com/outrigger-io/outrigger/pkg/podtemplate"
	"github.com/outrigger-io/outrigger/pkg/rule"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// format is one line of the injector's configuration format. All in which formats
// differ is a field here or a setting of a rule; nothing else asks which format a
// configuration has (spec: releases.md).
type format struct {
	// name is how people are told: the releases whose configurations are like it.
	name string
	// marks are texts that the templates of these releases have, and those of releases
	// behind this row do not: all of one of the lists. Without any it is the last choice.
	marks [][]string
	// oneTemplate says that there is one template, which renders to lists of the pod's
	// spec, and that no pod can ask for another.
	oneTemplate bool
	// loose says that the releases' own templates write fields that no pod has, which is
	// dropped, as those releases did.
	loose bool
	// dialect is how templates are written.
	dialect func(*configuration) *podtemplate.Dialect
	// mesh are the defaults of the mesh's configuration.
	mesh func() *mesh.Defaults
	// ownProxyConfig says that annotation proxy.istio.io/config counts.
	ownProxyConfig bool
	// decide says whether a pod is injected. It adds to the job's warnings.
	decide func(*configuration, *job) Decision
	// checks are of the pod's annotations, before anything is rendered.
	checks rule.Checks
	// earlier takes off what an earlier injection put in: base is the pod that is
	// injected, seen what templates see of it.
	earlier func(c *configuration, j *job, p *tree.Value) (base, seen *tree.Value, err error)
	// rules are applied in this order.
	rules func(*configuration) []rule.Rule
}

// formats are known by the first that says so; the newest come first. A format's row
// is the one before it with what is different.
var formats = func() []*format {
	since127 := &format{
		name: "1.27 to 1.30",
		dialect: func(c *configuration) *podtemplate.Dialect {
			return &podtemplate.Dialect{Left: "{{", Right: "}}", Data: reflect.TypeFor[podtemplate.View](), Functions: podtemplate.Functions(c.options.TemplateEnv)}
		},
		mesh:           mesh.Since122,
		ownProxyConfig: true,
		decide:         (*configuration).decideByRules,
		checks:         rule.CurrentChecks,
		earlier:        (*configuration).seenWithoutInjection,
		rules: func(c *configuration) []rule.Rule {
			return []rule.Rule{
				rule.Overlay{Apart: c.isInstalled},
				rule.Overrides{},
				rule.ClusterEnv{},
				rule.Prometheus{},
				rule.Probes{},
				rule.Network{},
				rule.InjectedAnnotations{Annotations: c.injectedAnnotations},
				rule.Order{},
				rule.Status{Remember: !c.installed},
			}
		},
	}
	since131 := since127.but(func(f *format) {
		f.name = "1.31"
		f.marks = [][]string{{".ProxyInitImage"}}
		f.rules = func(c *configuration) []rule.Rule {
			return []rule.Rule{
				rule.Overlay{Apart: c.isInstalled},
				rule.Overrides{},
				rule.ClusterEnv{},
				rule.Prometheus{Targets: true},
				rule.Probes{},
				rule.Network{},
				rule.InjectedAnnotations{Annotations: c.injectedAnnotations},
				rule.Order{},
				rule.Status{Remember: !c.installed},
			}
		}
	})
	since122 := since127.but(func(f *format) {
		f.name = "1.22 to 1.26"
		f.marks = [][]string{{`env "ENABLE_NATIVE_SIDECARS"`}}
		f.dialect = withoutEnvironment(since127.dialect)
	})
	since118 := since122.but(func(f *format) {
		f.name = "1.18 to 1.21"
		f.marks = [][]string{{`env "PILOT_ENABLE_INBOUND_PASSTHROUGH"`}}
		f.mesh = mesh.Since118
	})
	since111 := since118.but(func(f *format) {
		f.name = "1.11 to 1.17"
		f.marks = [][]string{{".EstimatedConcurrency"}}
		f.mesh = mesh.Since18
		f.loose = true
	})
	since19 := since111.but(func(f *format) {
		f.name = "1.9 and 1.10"
		f.marks = [][]string{{`env "ENABLE_LEGACY_FSGROUP_INJECTION"`, ".ProxyConfig.Concurrency"}}
	})
	several := []*format{since131, since111, since19, since118, since122, since127}

	since18 := since19.but(func(f *format) {
		f.name = "1.8"
		f.marks = [][]string{{".ProxyConfig.HoldApplicationUntilProxyStarts"}}
		f.oneTemplate = true
		f.earlier = (*configuration).withoutAppended
		f.rules = func(c *configuration) []rule.Rule {
			return []rule.Rule{
				rule.Overlay{Append: true},
				rule.Labels{TLSMode: true, Canonical: true, Revision: true},
				rule.DNS{},
				rule.PodSecurity{Always: true},
				rule.Concurrency{},
				rule.ClusterEnv{},
				rule.Prometheus{},
				rule.Probes{Rendered: true, OnlyHTTP: true},
				rule.Network{},
				rule.Status{Version: c.version},
				rule.InjectedAnnotations{Annotations: c.injectedAnnotations},
				rule.Order{},
			}
		}
	})
	since17 := since18.but(func(f *format) {
		f.name = "1.7"
		f.marks = [][]string{{".ProxyConfig.Concurrency.GetValue"}}
		f.mesh = mesh.Since17
		f.dialect = rendering(since18.dialect)
		f.decide = (*configuration).decideNamed
		f.rules = func(c *configuration) []rule.Rule {
			return []rule.Rule{
				rule.Overlay{Append: true},
				rule.Labels{TLSMode: true, CanonicalWebhook: true, Revision: true},
				rule.Redirection{},
				rule.DNS{},
				rule.PodSecurity{SDS: true},
				rule.Concurrency{},
				rule.Prometheus{},
				rule.Probes{Rendered: true, OnlyHTTP: true, EvenEmpty: true},
				rule.Status{Version: c.version},
				rule.InjectedAnnotations{Annotations: c.injectedAnnotations},
				rule.Order{},
			}
		}
	})
	since16 := since17.but(func(f *format) {
		f.name = "1.6"
		f.marks = [][]string{{"PROXY_CONFIG"}}
		f.mesh = mesh.Since16
		f.rules = func(c *configuration) []rule.Rule {
			return []rule.Rule{
				rule.Overlay{Append: true},
				rule.Labels{TLSMode: true, CanonicalWebhook: true, Revision: true},
				rule.Redirection{},
				rule.DNS{},
				rule.PodSecurity{SDS: true},
				rule.Concurrency{},
				rule.Probes{Rendered: true, OnlyHTTP: true, EvenEmpty: true},
				rule.Status{Version: c.version},
				rule.InjectedAnnotations{Annotations: c.injectedAnnotations},
			}
		}
	})
	since15 := since16.but(func(f *format) {
		f.name = "1.5"
		f.marks = [][]string{{"JWT_POLICY"}}
		f.mesh = mesh.Since11
		f.ownProxyConfig = false
		f.rules = func(c *configuration) []rule.Rule {
			return []rule.Rule{
				rule.Overlay{Append: true, NoPullSecrets: true},
				rule.Labels{TLSMode: true, CanonicalWebhook: true},
				rule.Redirection{},
				rule.DNS{},
				rule.PodSecurity{SDS: true},
				rule.Concurrency{},
				rule.Probes{Rendered: true, OnlyHTTP: true, EvenEmpty: true, PortArgument: true},
				rule.Status{Version: c.version},
				rule.InjectedAnnotations{Annotations: c.injectedAnnotations},
			}
		}
	})
	since14 := since15.but(func(f *format) {
		f.name = "1.4"
		f.marks = [][]string{{"protoToJSON"}}
		f.rules = func(c *configuration) []rule.Rule {
			return []rule.Rule{
				rule.Overlay{Append: true, NoPullSecrets: true},
				rule.Labels{TLSMode: true},
				rule.Redirection{},
				rule.DNS{},
				rule.PodSecurity{SDS: true},
				rule.Concurrency{},
				rule.Probes{Rendered: true, OnlyHTTP: true, EvenEmpty: true, PortArgument: true, Bare: true},
				rule.Status{Version: c.version},
				rule.InjectedAnnotations{Annotations: c.injectedAnnotations},
			}
		}
	})
	since12 := since14.but(func(f *format) {
		f.name = "1.2 and 1.3"
		f.marks = [][]string{{"{{"}}
		f.rules = func(c *configuration) []rule.Rule {
			return []rule.Rule{
				rule.Overlay{Append: true, NoPullSecrets: true},
				rule.Redirection{},
				rule.DNS{},
				rule.PodSecurity{SDS: true},
				rule.Concurrency{},
				rule.Probes{Rendered: true, OnlyHTTP: true, EvenEmpty: true, PortArgument: true, Bare: true},
				rule.Status{Version: c.version},
			}
		}
	})
	since11 := since12.but(func(f *format) {
		f.name = "1.1"
		f.marks = [][]string{{"[[", "valueOrDefault"}, {"[[", ".DeploymentMeta"}, {"[[", ".Values"}}
		f.dialect = func(c *configuration) *podtemplate.Dialect {
			d := since12.dialect(c)
			d.Left, d.Right = "[[", "]]"
			return d
		}
	})
	of10 := since11.but(func(f *format) {
		f.name = "1.0"
		f.marks = nil
		f.dialect = func(*configuration) *podtemplate.Dialect {
			return &podtemplate.Dialect{Left: "[[", Right: "]]", Data: reflect.TypeFor[podtemplate.View](), Functions: podtemplate.V1Functions}
		}
		f.mesh = mesh.Of10
		f.decide = (*configuration).decideByAnnotation
		f.earlier = (*configuration).withoutLegacy
		f.checks = rule.V1Checks
		f.rules = func(c *configuration) []rule.Rule {
			return []rule.Rule{rule.Overlay{Append: true}, rule.Status{Version: c.version}}
		}
	})
	return append(several, since18, since17, since16, since15, since14, since11, since12, of10)
}()

// Formats names the formats that are known, by their releases, the newest first.
func Formats() []string {
	names := make([]string, len(formats))
	for i, f := range formats {
		names[i] = f.name
	}
	minor := func(name string) (n int) {
		_, _ = fmt.Sscanf(name, "1.%d", &n)
		return n
	}
	slices.SortFunc(names, func(a, b string) int { return minor(b) - minor(a) })
	return names
}

// but is a format with something different.
func (f *format) but(change func(*format)) *format {
	other := *f
	change(&other)
	return &other
}

// knows says whether the templates are of these releases.
func (f *format) knows(templates string) bool {
	for _, marks := range f.marks {
		if !slices.ContainsFunc(marks, func(mark string) bool { return !strings.Contains(templates, mark) }) {
			return true
		}
	}
	return len(f.marks) == 0
}

// withoutEnvironment is for control planes whose templates read their environment.
func withoutEnvironment(dialect func(*configuration) *podtemplate.Dialect) func(*configuration) *podtemplate.Dialect {
	return func(c *configuration) *podtemplate.Dialect {
		d := dialect(c)
		d.NoEnvironment, d.Settings = true, map[string]string{podtemplate.NativeSidecarsVariable: "NativeSidecars"}
		return d
	}
}

// rendering is for templates whose values may be templates too.
func rendering(dialect func(*configuration) *podtemplate.Dialect) func(*configuration) *podtemplate.Dialect {
	return func(c *configuration) *podtemplate.Dialect {
		d := dialect(c)
		d.Renders = true
		return d
	}
}

// formatOf recognises the format of a configuration; nil for none that is known.
func formatOf(config *tree.Value) *format {
	templates, one := config.Get("templates"), config.Get("template")
	if templates == nil && one == nil {
		return nil
	}
	var text strings.Builder
	if templates == nil {
		text.WriteString(one.Text())
	}
	for _, m := range templates.Members() {
		text.WriteString(m.Value.Text())
	}
	for _, f := range formats {
		if f.oneTemplate == (templates == nil) && f.knows(text.String()) {
			return f
		}
	}
	return nil
}
