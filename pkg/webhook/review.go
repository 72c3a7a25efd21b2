package webhook

import (
	"errors"
	"fmt"

	"github.com/outrigger-io/outrigger/pkg/tree"
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
	apiVersion, kind string
	request          *reviewedCall
}

// reviewedCall is the request of a review: one call to the API server.
type reviewedCall struct {
	UID         string
	Kind        groupKind
	Resource    groupResource
	SubResource string
	Namespace   string
	Operation   string
	DryRun      bool
	Object      []byte // the JSON of the object, within the body
}

type groupKind struct{ Group, Kind string }

type groupResource struct{ Group, Resource string }

// usualWords are what nearly every review has.
var usualWords = tree.WordsOf(
	"apiVersion", "kind", "request", "uid", "resource", "requestKind", "requestResource", "subResource", "name", "namespace", "operation",
	"userInfo", "object", "oldObject", "dryRun", "options", "group", "version",
	"AdmissionReview", reviewV1, reviewV1beta1, "v1", "Pod", "pods", "CREATE",
)

// decodeReview reads the envelope of a review: the pod in it stays the bytes
// that came, since the patch has to fit those. Keys are told apart by their case,
// as the API server does.
func decodeReview(body []byte) (review, error) {
	var r review
	s := tree.NewScanner(body).Knowing(usualWords)
	for key := range s.Members() {
		switch key {
		case "apiVersion":
			takeText(s, &r.apiVersion)
		case "kind":
			takeText(s, &r.kind)
		case "request":
			if r.request == nil {
				r.request = &reviewedCall{}
			}
			if !r.request.scan(s) {
				r.request = nil
			}
		}
	}
	if err := s.End(); err != nil {
		return review{}, fmt.Errorf("the body is no AdmissionReview: %w", err)
	}
	switch {
	case r.kind != "AdmissionReview":
		return review{}, fmt.Errorf("the body is no AdmissionReview: its kind is %q", bounded(r.kind, maxQuoted))
	case r.apiVersion != reviewV1 && r.apiVersion != reviewV1beta1:
		return review{}, fmt.Errorf("the AdmissionReview has apiVersion %q: %s and %s are understood",
			bounded(r.apiVersion, maxQuoted), reviewV1, reviewV1beta1)
	case r.request == nil:
		return review{}, errors.New("the AdmissionReview has no request")
	case r.request.UID == "":
		return review{}, errors.New("the AdmissionReview's request has no uid")
	}
	return r, nil
}

// takeText takes a string, which null leaves as it is.
func takeText(s *tree.Scanner, into *string) {
	if !s.Null() {
		*into = s.Text()
	}
}

// scan takes the call from a review, and says whether there was one: null is none.
func (c *reviewedCall) scan(s *tree.Scanner) bool {
	if s.Null() {
		return false
	}
	for key := range s.Members() {
		switch key {
		case "uid":
			takeText(s, &c.UID)
		case "kind":
			for key := range s.Members() {
				switch key {
				case "group":
					takeText(s, &c.Kind.Group)
				case "kind":
					takeText(s, &c.Kind.Kind)
				}
			}
		case "resource":
			for key := range s.Members() {
				switch key {
				case "group":
					takeText(s, &c.Resource.Group)
				case "resource":
					takeText(s, &c.Resource.Resource)
				}
			}
		case "subResource":
			takeText(s, &c.SubResource)
		case "namespace":
			takeText(s, &c.Namespace)
		case "operation":
			takeText(s, &c.Operation)
		case "dryRun":
			if !s.Null() {
				c.DryRun = s.Bool()
			}
		case "object":
			c.Object = s.Raw()
		}
	}
	return true
}

// isPod says whether the call is about a pod itself, not about a subresource of
// one such as its status or its binding.
func (c *reviewedCall) isPod() bool {
	return c.SubResource == "" &&
		c.Resource == groupResource{Resource: "pods"} &&
		c.Kind == groupKind{Kind: "Pod"}
}
