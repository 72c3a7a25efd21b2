package mesh

import (
	"strings"
	"testing"
)

// TestSettings: what counts is what ForPod makes of it.
func TestSettings(t *testing.T) {
	rs := NewResources(
		resource(t, "root", "r", "", "{concurrency: 2, environmentVariables: {A: root, B: root, C: root}, image: {imageType: debug}}"),
		resource(t, "ns", "n", "", "{environmentVariables: {B: ns, C: ns}}"),
		resource(t, "ns", "w", "", "{selector: {matchLabels: {app: a}}, environmentVariables: {C: workload}}"),
	)
	for annotation, want := range map[string]string{
		"": "concurrency=2 of root/r, image.imageType=debug of root/r, proxyMetadata.A=root of root/r, proxyMetadata.B=ns of ns/n, proxyMetadata.C=workload of ns/w",
		"{concurrency: 1, image: {imageType: x}, proxyMetadata: {A: pod, C: pod}}": "proxyMetadata.B=ns of ns/n, proxyMetadata.C=workload of ns/w",
	} {
		var got []string
		for _, s := range rs.For("root", "ns", labelsOf(map[string]string{"app": "a"})).Settings(annotation) {
			got = append(got, s.Field+"="+s.Value+" of "+s.Of.Namespace+"/"+s.Of.Name)
		}
		if text := strings.Join(got, ", "); text != want {
			t.Errorf("with annotation %q:\n%s, want\n%s", annotation, text, want)
		}
	}
	if got := (Selected{}).Settings(""); got != nil {
		t.Errorf("without resources: %v", got)
	}
}
