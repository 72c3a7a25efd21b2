package reviews

import (
	"encoding/json"
	"testing"
)

// What is another workload's has another name, and another image.
func TestOtherWorkload(t *testing.T) {
	for name, want := range map[string]string{"bare": "bare7", "web-2": "web7-7"} {
		body := OfPod([]byte(`{"metadata":{"name":"` + name + `"},"spec":{"containers":[{"name":"a","image":"busybox"}]}}`))
		var review struct {
			Request struct {
				UID    string
				Object struct {
					Metadata struct{ Name string }
					Spec     struct {
						Containers []struct{ Name, Image string }
					}
				}
			}
		}
		if err := json.Unmarshal(OtherWorkload(body, 7), &review); err != nil {
			t.Fatal(err)
		}
		pod := review.Request.Object
		if c := pod.Spec.Containers[0]; pod.Metadata.Name != want || c.Name != "a" || c.Image != "busybox-7" || review.Request.UID == "7f0b" {
			t.Errorf("%s became %+v", name, review.Request)
		}
	}
}
