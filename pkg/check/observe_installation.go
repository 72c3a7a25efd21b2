package check

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/outrigger-io/outrigger/pkg/webhook"
)

const (
	// usualName is that of an installation's objects, without its revision.
	usualName = "outrigger"
	// usualNamespace is where an installation is looked for that nothing else
	// tells the place of.
	usualNamespace = "outrigger-system"
	// nameLabel is on Outrigger's own objects, and partOfOutrigger selects by it.
	nameLabel       = "app.kubernetes.io/name"
	partOfOutrigger = nameLabel + "=" + usualName
	// revisionLabel tells the revision of such an object.
	revisionLabel = "outrigger.io/revision"
)

// identity is which installation it is: what has to be known to look at it.
type identity struct {
	// Revision is empty for the default one.
	Revision string
	// Name is that of the webhook configuration, Namespace and ServiceName are of
	// the Service that is called.
	Name, Namespace, ServiceName string
	// Port is that of the Service which is called.
	Port int32
	// arguments are those of `outrigger serve`.
	arguments arguments
	// deployment runs the replicas, nil where it is not known yet.
	deployment *appsv1.Deployment
}

func revisionName(revision string) string { return cmp.Or(revision, "default") }

// revisionOf is the revision by the name that people know it by.
func revisionOf(name string) string {
	if name == "default" {
		return ""
	}
	return name
}

// nameOf is the usual name of an installation's objects.
func nameOf(revision string) string {
	if revision == "" {
		return usualName
	}
	return usualName + "-" + revision
}

// identify finds the installations that have left a trace, the default revision
// first. Each revision has one: its webhook configuration is the cluster's.
func identify(webhooks []admissionv1.MutatingWebhookConfiguration, deployments []appsv1.Deployment, o Options) []identity {
	found := map[string]*identity{}
	of := func(revision string) *identity {
		if found[revision] == nil {
			found[revision] = &identity{Revision: revision}
		}
		return found[revision]
	}
	for n := range deployments {
		d := &deployments[n]
		args := argumentsOf(d.Spec.Template.Spec)
		if args == nil {
			continue
		}
		i := of(revisionOf(cmp.Or(args["revision"], d.Labels[revisionLabel])))
		i.deployment, i.arguments, i.Namespace, i.ServiceName = d, args, d.Namespace, args["service-name"]
		i.Name = args["webhook-config"]
	}
	for _, w := range webhooks {
		if !isOurs(&w) {
			continue
		}
		i := of(webhookRevision(&w))
		i.Name = w.Name
		for _, entry := range w.Webhooks {
			if service := entry.ClientConfig.Service; service != nil {
				i.Namespace, i.ServiceName = service.Namespace, service.Name
				if service.Port != nil {
					i.Port = *service.Port
				}
				break
			}
		}
	}
	if o.Namespace != "" {
		maps.DeleteFunc(found, func(_ string, i *identity) bool { return i.Namespace != "" && i.Namespace != o.Namespace })
	}
	if o.Revision != "" || len(found) == 0 {
		revision := revisionOf(o.Revision)
		found = map[string]*identity{revision: of(revision)}
	}
	var all []identity
	for _, i := range found {
		i.Name = cmp.Or(i.Name, nameOf(i.Revision))
		i.ServiceName = cmp.Or(i.ServiceName, nameOf(i.Revision))
		i.Namespace = cmp.Or(o.Namespace, i.Namespace, usualNamespace)
		if i.deployment != nil && i.deployment.Namespace != i.Namespace {
			i.deployment, i.arguments = nil, nil // another that runs beside the one which is called
		}
		i.Port = cmp.Or(i.Port, 443)
		all = append(all, *i)
	}
	slices.SortFunc(all, func(a, b identity) int { return cmp.Compare(a.Revision, b.Revision) })
	return all
}

// Revisions are those that have left a trace in a cluster, by the names that people
// know them by; as many as can be read.
func Revisions(ctx context.Context, c client.Reader) (names []string) {
	var seen Observation
	if err := seen.find(ctx, c, ""); err != nil {
		return nil
	}
	for _, w := range seen.Webhooks {
		if isOurs(&w) {
			names = append(names, revisionName(webhookRevision(&w)))
		}
	}
	for _, d := range seen.Deployments.Value {
		if args := argumentsOf(d.Spec.Template.Spec); args != nil {
			names = append(names, revisionName(revisionOf(cmp.Or(args["revision"], d.Labels[revisionLabel]))))
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// isOurs recognizes a configuration by the names of its entries, and one without
// entries by its own.
func isOurs(w *admissionv1.MutatingWebhookConfiguration) bool {
	for _, entry := range w.Webhooks {
		if strings.HasSuffix(entry.Name, "."+webhook.Domain) {
			return true
		}
	}
	return len(w.Webhooks) == 0 && (w.Name == usualName || strings.HasPrefix(w.Name, usualName+"-"))
}

func webhookRevision(w *admissionv1.MutatingWebhookConfiguration) string {
	if revision, ok := w.Labels[revisionLabel]; ok {
		return revisionOf(revision)
	}
	revision, _ := strings.CutPrefix(strings.TrimPrefix(w.Name, usualName), "-")
	return revisionOf(revision)
}

// arguments are flags of `outrigger serve` and their values.
type arguments map[string]string

// argumentsOf finds those of the container that serves, nil where none does.
func argumentsOf(pod corev1.PodSpec) arguments {
	for _, container := range pod.Containers {
		words := slices.Concat(container.Command, container.Args)
		serve := slices.Index(words, "serve")
		if serve < 0 {
			continue
		}
		args := arguments{}
		for words = words[serve+1:]; len(words) > 0; words = words[1:] {
			name, isFlag := strings.CutPrefix(words[0], "--")
			if !isFlag {
				continue
			}
			name, value, assigned := strings.Cut(name, "=")
			if !assigned && len(words) > 1 && !strings.HasPrefix(words[1], "-") {
				value = words[1]
			}
			args[name] = value
		}
		return args
	}
	return nil
}

// duration is the value of a flag that takes one, 0 for none.
func (a arguments) duration(name string) time.Duration {
	d, _ := time.ParseDuration(a[name]) // a replica with a bad one does not start, and says so
	return d
}

// with is the arguments, with what the operator says in place of them.
func (a arguments) with(o Options) arguments {
	all := arguments{}
	maps.Copy(all, a)
	for name, value := range map[string]string{
		"config-namespace": o.ConfigNamespace, "injector-config-map": o.InjectorConfigMap, "mesh-config-map": o.MeshConfigMap,
	} {
		if value != "" {
			all[name] = value
			delete(all, "profile")
			delete(all, "inject-config-file")
		}
	}
	return all
}
