package webhook

import (
	"bytes"
	"encoding/json"
	"testing"

	kjson "sigs.k8s.io/json"
)

// checkReview holds what is read of a body against Kubernetes' own decoder.
func checkReview(t *testing.T, body []byte) {
	var want struct {
		APIVersion string `json:"apiVersion"`
		Kind       string `json:"kind"`
		Request    *struct {
			UID  string `json:"uid"`
			Kind struct {
				Group string `json:"group"`
				Kind  string `json:"kind"`
			} `json:"kind"`
			Resource struct {
				Group    string `json:"group"`
				Resource string `json:"resource"`
			} `json:"resource"`
			SubResource string          `json:"subResource"`
			Namespace   string          `json:"namespace"`
			Operation   string          `json:"operation"`
			DryRun      bool            `json:"dryRun"`
			Object      json.RawMessage `json:"object"`
		} `json:"request"`
	}
	wantErr := kjson.UnmarshalCaseSensitivePreserveInts(body, &want)
	got, err := decodeReview(body)
	if wantErr != nil || want.Kind != "AdmissionReview" || want.Request == nil || want.Request.UID == "" ||
		(want.APIVersion != reviewV1 && want.APIVersion != reviewV1beta1) {
		if err == nil {
			t.Fatalf("%q is read, want an error (%v)", body, wantErr)
		}
		return
	}
	if err != nil {
		t.Fatalf("%q: %v", body, err)
	}
	r, w := got.request, want.Request
	if got.apiVersion != want.APIVersion || r.UID != w.UID || r.Kind != groupKind(w.Kind) || r.Resource != groupResource(w.Resource) ||
		r.SubResource != w.SubResource || r.Namespace != w.Namespace || r.Operation != w.Operation || r.DryRun != w.DryRun ||
		!bytes.Equal(r.Object, w.Object) {
		t.Fatalf("%q\nis read as %+v\nwant       %+v", body, *r, *w)
	}
}

func FuzzReview(f *testing.F) {
	const envelope = `{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":`
	for _, body := range []string{
		envelope + `{"uid":"u","kind":{"group":"","version":"v1","kind":"Pod"},"resource":{"group":"","version":"v1","resource":"pods"},"namespace":"n","operation":"CREATE","dryRun":true,"object":{"a":[1, 2]}}}`,
		envelope + `{"uid":"u","uid":null,"UID":"v","dryRun":null,"kind":null,"object":null,"subResource":"status"}}`,
		envelope + `{"uid":"u"},"request":{"namespace":"n"}}`, envelope + `{"uid":"u"},"request":null}`, envelope + `null}`, envelope + `[]}`,
		envelope + `{"uid":1}}`, envelope + `{"uid":"u","dryRun":"true"}}`, envelope + `{"uid":"\u0075","kind":[]}}`, envelope + `{"uid":"u"}} x`,
		"{\"kind\":\"AdmissionReview\",\"apiVersion\":\"admission.k8s.io/v1beta1\",\"request\":{\"uid\":\"\xff\"}}", `null`, `[]`, ``, `{}`,
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(checkReview)
}
