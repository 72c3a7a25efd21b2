package inject

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/outrigger-io/outrigger/pkg/podtemplate"
)

// trialPods are ordinary pods that any configuration has to be able to inject.
var trialPods = []struct {
	is       string // what people are told
	template string // the template that it asks for, where there is one; "" for the default ones
	pod      string
}{
	{"a bare pod", "", `{"metadata":{"name":"trial"},"spec":{"containers":[{"name":"app","image":"app"}]}}`},
	{"a pod of a Deployment", "", `{"metadata":{"generateName":"trial-5d8f-","labels":{"app":"trial","version":"v1","pod-template-hash":"5d8f"},
		"ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"trial-5d8f","uid":"1","controller":true}]},
		"spec":{"serviceAccountName":"trial","containers":[{"name":"app","image":"app","ports":[{"name":"http","containerPort":8080}],
		"resources":{"requests":{"cpu":"100m"}},"volumeMounts":[{"name":"data","mountPath":"/data"}]}],"volumes":[{"name":"data","emptyDir":{}}]}}`},
	{"a pod of a Job with an init container", "", `{"metadata":{"generateName":"trial-","ownerReferences":[{"apiVersion":"batch/v1","kind":"Job","name":"trial","uid":"1","controller":true}]},
		"spec":{"restartPolicy":"Never","initContainers":[{"name":"setup","image":"setup"}],"containers":[{"name":"job","image":"job"}]}}`},
	{"a pod with probes that is scraped", "", `{"metadata":{"name":"trial","annotations":{"prometheus.io/scrape":"true","prometheus.io/port":"8080"}},
		"spec":{"containers":[{"name":"app","image":"app","ports":[{"containerPort":8080}],"readinessProbe":{"httpGet":{"path":"/","port":8080}},
		"livenessProbe":{"tcpSocket":{"port":8080}}}]}}`},
	{"a gateway", "gateway", `{"metadata":{"name":"trial","annotations":{"inject.istio.io/templates":"gateway"}},
		"spec":{"containers":[{"name":"istio-proxy","image":"auto"}]}}`},
}

// refusesByItself is in the error of a template that calls fail: it does what it is
// for, and other pods may be to its liking.
const refusesByItself = "error calling fail:"

// try injects ordinary pods. A template can compile and yet fail for every pod: by a
// field or a value that is not there, a function that refuses, a result that is no pod.
func (c *configuration) try() error {
	if err := c.walk(); err != nil {
		return err // in which a trial would end as well, or another pod
	}
	var errs []error
	for _, trial := range trialPods {
		if trial.template != "" && (c.format.oneTemplate || c.templates[trial.template] == nil) {
			continue
		}
		for _, native := range []bool{false, true} {
			if err := c.tryOn(trial.pod, native); err != nil {
				errs = append(errs, fmt.Errorf("injector config: it cannot inject %s: %w", trial.is, err))
				break
			}
		}
	}
	// One mistake mostly fails them all.
	return errors.Join(slices.CompactFunc(errs, func(a, b error) bool {
		return errors.Unwrap(a).Error() == errors.Unwrap(b).Error()
	})...)
}

// walk follows the fields that the templates of ordinary pods name, on every way
// through them.
func (c *configuration) walk() error {
	names, err := c.selected(nil)
	if err != nil {
		return fmt.Errorf("injector config: %w", err)
	}
	var errs []error
	for _, name := range names {
		if err := c.templates[name].Check(c.ordinaryView()); err != nil {
			errs = append(errs, fmt.Errorf("injector config: %w", err))
		}
	}
	return errors.Join(errs...)
}

// ordinaryView is what templates see that is the same for most pods.
func (c *configuration) ordinaryView() *podtemplate.View {
	return &podtemplate.View{MeshConfig: c.mesh.Data(), ProxyConfig: c.mesh.Proxy().Data(), Values: c.values}
}

func (c *configuration) tryOn(text string, native bool) error {
	r := Request{Pod: []byte(text), Namespace: "trial", NativeSidecars: native}
	p, err := parsePod(r.Pod)
	if err != nil {
		return err
	}
	j := &job{Request: r, pod: p, workload: workloadOf(p, r)}
	if _, _, err = c.inject(j); err != nil && strings.Contains(err.Error(), refusesByItself) {
		return nil
	}
	return err
}
