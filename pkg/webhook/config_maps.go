package webhook

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/outrigger-io/outrigger/pkg/cluster"
	"github.com/outrigger-io/outrigger/pkg/configuration"
	"github.com/outrigger-io/outrigger/pkg/inject"
)

// The reasons of events about a configuration.
const (
	eventInvalid = "ConfigurationInvalid"
	eventInForce = "ConfigurationInForce"
)

// ConfigMaps is a configuration in two ConfigMaps, watched by their names: no
// others are read, so the right to read these two is enough. Watching by name
// needs the verbs list and watch with resourceNames; telling what is wrong needs
// create and patch on events of events.k8s.io.
type ConfigMaps struct {
	// Client of the cluster that has the ConfigMaps.
	Client client.WithWatch
	// Events tells people who look at a ConfigMap what is wrong with it.
	Events events.EventRecorder
	// Namespace holds both ConfigMaps.
	Namespace string
	// Injector names the ConfigMap with the keys config and values, Mesh the one
	// with the key mesh; see InjectorConfigMap and MeshConfigMap.
	Injector, Mesh string
	Log            *slog.Logger
}

// InjectorConfigMap is the usual name of the ConfigMap with the injector's
// configuration and values for a revision.
func InjectorConfigMap(revision string) string {
	return withRevision("istio-sidecar-injector", revision)
}

// MeshConfigMap is the usual name of the ConfigMap with the MeshConfig for a
// revision.
func MeshConfigMap(revision string) string { return withRevision("istio", revision) }

func withRevision(name, revision string) string {
	if isDefaultRevision(revision) {
		return name
	}
	return name + "-" + revision
}

// configMap is what is kept of a ConfigMap. Each version has one of its own, so
// that a pointer to it tells versions apart.
type configMap struct {
	uid     types.UID
	version string
	data    map[string]string
}

// Feed delivers what is in the ConfigMaps, now and whenever they change.
func (m ConfigMaps) Feed(ctx context.Context, current *Current) error {
	ctx, stop := context.WithCancel(ctx)
	var following sync.WaitGroup
	defer following.Wait()
	defer stop()

	changes := make(chan struct{}, 1)
	changed := func() {
		select {
		case changes <- struct{}{}:
		default: // there is news already that nobody has looked at
		}
	}
	injector, mesh := m.projection(m.Injector, changed), m.projection(m.Mesh, changed)
	following.Go(func() { injector.follow(ctx) })
	following.Go(func() { mesh.follow(ctx) })

	var told error
	var settled <-chan time.Time
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-changes:
			// Whoever changes one of the two may be about to change the other.
			settled = time.After(settle)
			continue
		case <-settled:
			settled = nil
		}
		if injector.check() != nil || mesh.check() != nil {
			continue // the rest is on its way, or cannot be had, which the log tells
		}
		about, err := m.load(current, injector, mesh)
		m.tell(about, told, err)
		told = err
	}
}

func (m ConfigMaps) projection(name string, changed func()) *projection[*corev1.ConfigMap, *configMap] {
	return &projection[*corev1.ConfigMap, *configMap]{
		attempts:  attempts{what: fmt.Sprintf("ConfigMap %s/%s", m.Namespace, name), log: m.Log},
		client:    m.Client,
		list:      &corev1.ConfigMapList{},
		namespace: m.Namespace,
		only:      name,
		keep: func(object *corev1.ConfigMap) *configMap {
			return &configMap{uid: object.UID, version: object.ResourceVersion, data: object.Data}
		},
		shed:    func(object *corev1.ConfigMap) { object.ManagedFields = nil },
		changed: changed,
	}
}

// load hands on what both ConfigMaps say. With an error comes the ConfigMap that
// it is about.
func (m ConfigMaps) load(current *Current, injector, mesh *projection[*corev1.ConfigMap, *configMap]) (*corev1.ObjectReference, error) {
	var sources inject.Sources
	var aboutInjector *corev1.ObjectReference
	for _, document := range []struct {
		in       *projection[*corev1.ConfigMap, *configMap]
		key      string
		required bool
		into     *[]byte
	}{
		{injector, "config", true, &sources.Config},
		{injector, "values", false, &sources.Values},
		{mesh, "mesh", true, &sources.Mesh},
	} {
		about := &corev1.ObjectReference{APIVersion: "v1", Kind: "ConfigMap", Namespace: m.Namespace, Name: document.in.only}
		found, ok := document.in.get(document.in.only)
		if !ok {
			err := fmt.Errorf("%s does not exist", document.in.what)
			current.Fail(err)
			return about, err
		}
		// Each version of a ConfigMap has events of its own.
		about.UID, about.ResourceVersion = found.uid, found.version
		text, ok := found.data[document.key]
		if !ok && document.required {
			err := fmt.Errorf("%s has no key %q", document.in.what, document.key)
			current.Fail(err)
			return about, err
		}
		*document.into = []byte(text)
		if document.in == injector {
			aboutInjector = about
		}
	}
	return aboutInjector, current.Apply(configuration.From("", sources))
}

// tell leaves an event where an operator who looks at the ConfigMap sees it: when
// it goes wrong, wrong in another way, and right again.
func (m ConfigMaps) tell(about *corev1.ObjectReference, before, now error) {
	switch {
	case now == nil && before != nil:
		m.Events.Eventf(about, nil, corev1.EventTypeNormal, eventInForce, "Apply", "the configuration compiles and is in force")
	case now != nil && (before == nil || now.Error() != before.Error()):
		m.Events.Eventf(about, nil, corev1.EventTypeWarning, eventInvalid, "Refuse", "%s",
			cluster.Note("the last good configuration stays in force: "+now.Error()))
	}
}
