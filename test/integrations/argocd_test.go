package integrations_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	"sigs.k8s.io/yaml"
)

// plugin is the part of Argo CD's ConfigManagementPlugin that says what it runs.
// It has no published schema, so all that the file has stands here.
type plugin struct {
	APIVersion string
	Kind       string
	Metadata   struct{ Name string }
	Spec       struct {
		Parameters struct {
			Static []struct{ Name, Title string }
		}
		Generate struct{ Command, Args []string }
	}
}

func readStrictly(t *testing.T, file string, into any) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "deploy", "integrations", "argocd", file))
	if err == nil {
		err = yaml.UnmarshalStrict(text, into)
	}
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}

// TestArgoCD runs what the plugin has Argo CD run, in folders such as those of
// applications.
func TestArgoCD(t *testing.T) {
	var p plugin
	readStrictly(t, "plugin.yaml", &p)
	both := []string{"Deployment web *", "Job migrate *"}
	tests := map[string]struct {
		prepare string
		env     []string
		want    []string
		// fails tells that nothing is to come.
		fails bool
	}{
		"a kustomization": {want: both},
		"a kustomization's other names": {
			prepare: "echo 'namePrefix: a-' >> kustomization.yaml; mv kustomization.yaml kustomization.yml",
			want:    []string{"Deployment a-web *", "Job a-migrate *"},
		},
		"plain manifests":             {prepare: "rm kustomization.yaml", want: both},
		"a profile":                   {env: []string{"PARAM_PROFILE=istio-1.0"}, want: both},
		"a configuration":             {prepare: "mkdir mesh; outrigger profile show istio > mesh/own.yaml", env: []string{"PARAM_INJECT_CONFIG_FILE=mesh/own.yaml"}, want: both},
		"a configuration elsewhere":   {prepare: "outrigger profile show istio > ../mesh.yaml", env: []string{"PARAM_INJECT_CONFIG_FILE=../mesh.yaml"}, fails: true},
		"a link that leads elsewhere": {prepare: "outrigger profile show istio > ../mesh.yaml; ln -s ../mesh.yaml mesh.yaml", env: []string{"PARAM_INJECT_CONFIG_FILE=mesh.yaml"}, fails: true},
		"a folder that begins alike":  {prepare: "mkdir ../shop-manifests-of-others; outrigger profile show istio > ../shop-manifests-of-others/mesh.yaml", env: []string{"PARAM_INJECT_CONFIG_FILE=../shop-manifests-of-others/mesh.yaml"}, fails: true},
		"an absolute path":            {env: []string{"PARAM_INJECT_CONFIG_FILE=/etc/passwd"}, fails: true},
		"the standard input":          {env: []string{"PARAM_INJECT_CONFIG_FILE=-"}, fails: true},
		"a profile that is none":      {env: []string{"PARAM_PROFILE=none-such"}, fails: true},
		"a kustomization, broken":     {prepare: "echo 'resources: [absent.yaml]' > kustomization.yaml", fails: true},
		"plain manifests, refused":    {prepare: "rm kustomization.yaml; echo 'kind: [' > more.yaml", fails: true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(workplace(t), "shop-manifests")
			if tt.prepare != "" {
				run(t, dir, nil, tt.prepare)
			}
			env := append([]string{"ARGOCD_APP_NAME=shop", "ARGOCD_APP_NAMESPACE=shop"}, tt.env...)
			line := append(p.Spec.Generate.Command, p.Spec.Generate.Args...)
			out, err := command(t, dir, []string{"kustomize"}, env, line[0], line[1:]...).Output()
			if (err != nil) != tt.fails {
				t.Fatalf("it ends with %v", err)
			}
			if diff := cmp.Diff(tt.want, workloads(t, out)); diff != "" {
				t.Errorf("workloads (-want +got):\n%s", diff)
			}
		})
	}
}

// TestRepoServerPatch has the patch be one of a Deployment.
func TestRepoServerPatch(t *testing.T) {
	var d appsv1.Deployment
	readStrictly(t, "repo-server.yaml", &d)
	if len(d.Spec.Template.Spec.Containers) != 1 {
		t.Errorf("%d containers are added, want 1", len(d.Spec.Template.Spec.Containers))
	}
}
