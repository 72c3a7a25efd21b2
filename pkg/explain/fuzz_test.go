package explain

import "testing"

// FuzzParseName gives any text for the name of a field. What is taken has no empty step.
func FuzzParseName(f *testing.F) {
	for _, name := range []string{"spec.containers[istio-proxy].image", "spec.containers[0]", `metadata.annotations["a/b"]`, "/spec/containers/0", "", "[", "a..b", "a[]", "]["} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		steps, err := ParseName(name)
		if err != nil || name != "" && name[0] == '/' {
			return
		}
		for _, step := range steps {
			if step == "" {
				t.Errorf("%q has an empty step: %q", name, steps)
			}
		}
	})
}
