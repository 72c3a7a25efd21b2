package chart_test

import (
	"path"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/outrigger-io/outrigger/test/chart"
)

// TestCallers: the file that --client-ca-file names is the key of the ConfigMap or
// Secret that the values name, and there is none of it where they name none.
func TestCallers(t *testing.T) {
	eachServer(t, func(t *testing.T, r chart.Release, rendered *chart.Rendered) {
		pod := the[*appsv1.Deployment](t, objects(t, rendered.Manifests)).Spec.Template.Spec
		settings, _ := r.Values["clientCA"].(values)
		var file string
		for _, arg := range pod.Containers[0].Args {
			if name, ok := strings.CutPrefix(arg, "--client-ca-file="); ok {
				file = name
			}
		}
		if settings == nil {
			if file != "" || slices.ContainsFunc(pod.Volumes, func(v corev1.Volume) bool { return v.Name == "client-ca" }) {
				t.Errorf("callers are asked for a certificate: %s", file)
			}
			return
		}
		key, _ := settings["key"].(string)
		if key == "" {
			key = "ca.crt"
		}
		mount := slices.IndexFunc(pod.Containers[0].VolumeMounts, func(m corev1.VolumeMount) bool { return m.MountPath == path.Dir(file) && m.ReadOnly })
		if mount < 0 || path.Base(file) != key {
			t.Fatalf("nothing is mounted where %s is", file)
		}
		var of []string
		for _, v := range pod.Volumes {
			if v.Name != pod.Containers[0].VolumeMounts[mount].Name {
				continue
			}
			if v.ConfigMap != nil {
				of = append(of, v.ConfigMap.Name)
			}
			if v.Secret != nil {
				of = append(of, v.Secret.SecretName)
			}
		}
		if !slices.Equal(of, []string{"api-servers"}) {
			t.Errorf("%s is of %v", file, of)
		}
	})
}

// TestMemoryLimitIsTold: Go is told of the container's memory where that has a limit;
// of one that has none Kubernetes would tell the node's.
func TestMemoryLimitIsTold(t *testing.T) {
	eachServer(t, func(t *testing.T, _ chart.Release, rendered *chart.Rendered) {
		container := the[*appsv1.Deployment](t, objects(t, rendered.Manifests)).Spec.Template.Spec.Containers[0]
		_, limited := container.Resources.Limits[corev1.ResourceMemory]
		told := slices.ContainsFunc(container.Env, func(e corev1.EnvVar) bool {
			return e.Name == "GOMEMLIMIT" && e.ValueFrom.ResourceFieldRef.Resource == "limits.memory"
		})
		if told != limited {
			t.Errorf("Go is told: %v; there is a limit: %v", told, limited)
		}
	})
}
