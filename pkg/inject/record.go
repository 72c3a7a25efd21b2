package inject

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"

	"github.com/outrigger-io/outrigger/pkg/pod"
	"github.com/outrigger-io/outrigger/pkg/rule"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// record is the content of the annotation in which an injection, if asked to, leaves
// what its other traces do not tell of the pod it was made of.
type record struct {
	// Of is the digest of the pod that the other traces lead to. Where another
	// comes out, someone changed the pod since.
	Of string `json:"of"`
	// Tags are those of that pod's images, so that a change of no more is undone for the
	// rest of the way, and done again at its end. They stand apart from the names, or what
	// replaces an image all over the text would replace them too. Older records have none.
	Tags map[string]string `json:"tags"`
	// Rest leads from there to the pod as it was.
	Rest tree.Patch `json:"rest,omitempty"`
	// Fix leads from the text that comes out then to the text as it was.
	Fix string `json:"fix,omitempty"`
}

// Record adds to an injection's patch the annotation with which Uninject brings
// back the pod exactly. fix is anything that the caller wants to be given back
// by Uninject with the pod: what it takes to bring back its text. The pod must
// not be one that was injected before.
func Record(p []byte, patch tree.Patch, workload *Workload, fix string) (tree.Patch, error) {
	before, err := parsePod(p)
	if err != nil {
		return nil, err
	}
	if _, ok := pod.Annotations(before).Get(pod.StatusKey); ok {
		return nil, &RefusedError{InvalidPod, errors.New("an earlier injection is to be taken off before one is recorded")}
	}
	after, err := tree.Apply(before, patch)
	if err != nil {
		return nil, err
	}
	back, err := revert(after, workload)
	if err != nil || back == nil {
		return patch, err // nothing was injected
	}
	text, err := json.Marshal(record{Of: digest(back.Pod), Tags: tagsOf(back.Pod), Rest: tree.Diff(back.Pod, before), Fix: fix})
	if err != nil {
		return nil, err
	}
	return tree.Diff(before, pod.WithAnnotation(after, pod.RecordKey, string(text))), nil
}

// digest is of a pod's meaning: the order of members does not count.
func digest(p *tree.Value) string {
	var content any
	decoder := json.NewDecoder(bytes.NewReader(p.JSON()))
	decoder.UseNumber()
	if err := decoder.Decode(&content); err != nil {
		panic(err) // it is JSON that was just written
	}
	text, err := json.Marshal(content)
	if err != nil {
		panic(err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}

// followRecord goes the rest of the way, as the record says, from where taking the
// injection off has led.
func followRecord(r *rule.Removed, injected *tree.Value, text string) (Recorded, error) {
	var kept record
	if err := json.Unmarshal([]byte(text), &kept); err != nil {
		return Recorded{}, &pod.AnnotationError{Key: pod.RecordKey, Err: err}
	}
	then := withTags(r.Pod, kept.Tags)
	if digest(then) != kept.Of {
		r.Notes = append(r.Notes, rule.Note{Path: "metadata.annotations." + pod.RecordKey, Why: "it was left by an injection of another pod than this, which was changed since in more than tags of images, so it is of no use"})
		return Recorded{}, nil
	}
	was, err := tree.Apply(then, kept.Rest)
	if err != nil {
		return Recorded{}, &pod.AnnotationError{Key: pod.RecordKey, Err: err}
	}
	since := tagsOf(r.Pod)
	r.Pod, r.Notes = withTags(was, since), nil
	return Recorded{
		Fix:     kept.Fix,
		Earlier: tree.Diff(injected, withTags(injected, kept.Tags)),
		Since:   tree.Diff(was, r.Pod),
	}, nil
}
