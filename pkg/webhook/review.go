package webhook

import (
	"encoding/json"
	"errors"
	"fmt"
)

// The versions of AdmissionReview that are understood. An answer is written in
// the version of its question.
const (
	reviewV1      = "admission.k8s.io/v1"
	reviewV1beta1 = "admission.k8s.io/v1beta1"
)

// review is what is needed of an AdmissionReview. A body holds far more (the
// user, the options, the kinds as they were asked for), which is not kept.
type review struct {
	APIVersion string        `json:"apiVersion"`
	Kind       string        `json:"kind"`
	Request    *reviewedCall `json:"request"`
}

// reviewedCall is the request of a review: one call to the API server.
type reviewedCall struct {
	UID         string          `json:"uid"`
	Kind        groupKind       `json:"kind"`
	Resource    groupResource   `json:"resource"`
	SubResource string          `json:"subResource"`
	Namespace   string          `json:"namespace"`
	Operation   string          `json:"operation"`
	DryRun      bool            `json:"dryRun"`
	Object      json.RawMessage `json:"object"`
}

type groupKind struct {
	Group string `json:"group"`
	Kind  string `json:"kind"`
}

type groupResource struct {
	Group    string `json:"group"`
	Resource string `json:"resource"`
}

// decodeReview reads the envelope of a review: the pod in it stays the bytes
// that came, since the patch has to fit those.
func decodeReview(body []byte) (review, error) {
	var r review
	if err := json.Unmarshal(body, &r); err != nil {
		return review{}, fmt.Errorf("the body is no AdmissionReview: %w", err)
	}
	switch {
	case r.Kind != "AdmissionReview":
		return review{}, fmt.Errorf("the body is no AdmissionReview: its kind is %q", bounded(r.Kind, maxQuoted))
	case r.APIVersion != reviewV1 && r.APIVersion != reviewV1beta1:
		return review{}, fmt.Errorf("the AdmissionReview has apiVersion %q: %s and %s are understood",
			bounded(r.APIVersion, maxQuoted), reviewV1, reviewV1beta1)
	case r.Request == nil:
		return review{}, errors.New("the AdmissionReview has no request")
	case r.Request.UID == "":
		return review{}, errors.New("the AdmissionReview's request has no uid")
	}
	return r, nil
}

// isPod says whether the call is about a pod itself, not about a subresource of
// one such as its status or its binding.
func (c *reviewedCall) isPod() bool {
	return c.SubResource == "" &&
		c.Resource == groupResource{Resource: "pods"} &&
		c.Kind == groupKind{Kind: "Pod"}
}
