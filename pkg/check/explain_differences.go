package check

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/outrigger-io/outrigger/pkg/explain"
	"github.com/outrigger-io/outrigger/pkg/inject"
	"github.com/outrigger-io/outrigger/pkg/pod"
	"github.com/outrigger-io/outrigger/pkg/podmerge"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// Difference is a field in which a living pod differs from what injection would make of
// it now.
type Difference struct {
	// Path is a JSON pointer into the living pod, or, of what it lacks, into the one that
	// it would be. Name is the same for people.
	Path string `json:"path"`
	Name string `json:"name"`
	// Is is what the living pod has, Would what it would have; absent for nothing.
	Is    json.RawMessage `json:"is,omitempty"`
	Would json.RawMessage `json:"would,omitempty"`
	// By is what would write it now, nil for what nothing would.
	By *inject.Writer `json:"by,omitempty"`
	// Cause is why it differs, and Because the same as a sentence.
	Cause   Cause  `json:"cause"`
	Because string `json:"because"`
}

// Cause is why a field differs.
type Cause string

// The causes, in the order in which they are looked for.
const (
	// ChangedSince is that somebody changed it after the pod was created.
	ChangedSince Cause = "ChangedSince"
	// EarlierRevision is that another revision injected the pod.
	EarlierRevision Cause = "EarlierRevision"
	// EarlierConfiguration is that the configuration changed after the pod was created.
	EarlierConfiguration Cause = "EarlierConfiguration"
	// OtherAdmission is that nothing else is left: another webhook wrote it, or a plugin of
	// the API server.
	OtherAdmission Cause = "OtherAdmission"
)

// differences compares the living pod with what it would be. before is the pod without
// its injection, which is not injection's business.
func (s *subject) differences(w *would) ([]Difference, error) {
	living, err := asStored(s.JSON)
	if err != nil {
		return nil, err
	}
	before, err := asStored(w.before.JSON())
	if err != nil {
		return nil, err
	}
	now, err := asStored(w.pod.JSON())
	if err != nil {
		return nil, err
	}
	own, has := leavesOf(before), leavesOf(living)
	let := leavesOf(now)
	var list []Difference
	for _, l := range let.ordered {
		by, written := w.account.Writers[l.path]
		is, there := has.byKey[l.key]
		switch {
		case !written || there && tree.Equal(is.value, l.value) || !there && isStoredAsNothing(l.value):
			continue
		case there:
			list = append(list, s.difference(is, l, &by))
		default:
			list = append(list, s.difference(nil, l, &by))
		}
	}
	for _, l := range has.ordered {
		_, ownField := own.byKey[l.key]
		_, alsoNow := let.byKey[l.key]
		if !ownField && !alsoNow && !isMemory(l) && !isDefault(l, let) {
			list = append(list, s.difference(l, nil, nil))
		}
	}
	return list, nil
}

// asStored is a pod as the API server gives it back, with quantities in its spelling.
func asStored(text []byte) (*tree.Value, error) {
	var p corev1.Pod
	if err := json.Unmarshal(text, &p); err != nil {
		return nil, err
	}
	p.ManagedFields, p.Status = nil, corev1.PodStatus{}
	text, err := json.Marshal(&p)
	if err != nil {
		return nil, err
	}
	return tree.Parse(text)
}

// isMemory says that a value is what injection remembers of the workload.
func isMemory(l *leaf) bool {
	return len(l.steps) == 3 && slices.Contains([]string{pod.OverridesKey, pod.RecordKey}, l.steps[2])
}

// isStoredAsNothing says that what is written does not come back: an empty list or text.
func isStoredAsNothing(v *tree.Value) bool {
	return v.Kind() == tree.Null || v.Kind() == tree.Array && v.Len() == 0
}

// leaf is a value of a pod.
type leaf struct {
	// key tells it from others wherever its list has it; name is for people.
	key, path, name string
	value           *tree.Value
	// in are the values that it is in, from the pod on, and steps what leads through them.
	in    []*tree.Value
	steps []string
}

type leaves struct {
	ordered []*leaf
	byKey   map[string]*leaf
}

func leavesOf(p *tree.Value) *leaves {
	all := &leaves{byKey: map[string]*leaf{}}
	all.add(podmerge.Pod(), &leaf{value: p})
	return all
}

func (all *leaves) add(s *podmerge.Schema, l *leaf) {
	below := func(step, key, name string, v *tree.Value) *leaf {
		return &leaf{
			key: l.key + "\x00" + key, path: string(tree.AppendStep([]byte(l.path), step)), name: l.name + name, value: v,
			in: append(l.in[:len(l.in):len(l.in)], l.value), steps: append(l.steps[:len(l.steps):len(l.steps)], step),
		}
	}
	for _, m := range l.value.Members() {
		all.add(s.Field(m.Key), below(m.Key, m.Key, explain.MemberName(m.Key), m.Value))
	}
	for i, item := range l.value.Items() {
		index := strconv.Itoa(i)
		key := index
		if identity := s.Identity(); identity != "" {
			key = string(item.Get(identity).JSON())
		}
		all.add(s.Element(), below(index, key, explain.IndexName(index, item), item))
	}
	if l.value.Len() == 0 {
		l.name = strings.TrimPrefix(l.name, ".")
		all.ordered = append(all.ordered, l)
		all.byKey[l.key] = l
	}
}

// difference tells of one. is or let is nil.
func (s *subject) difference(is, let *leaf, by *inject.Writer) Difference {
	d := Difference{By: by}
	for _, side := range []struct {
		*leaf
		into *json.RawMessage
	}{{let, &d.Would}, {is, &d.Is}} {
		if side.leaf != nil {
			d.Path, d.Name = side.path, side.name
			*side.into = json.RawMessage(tree.Concealed(string(side.value.JSON())))
		}
	}
	d.Cause, d.Because = s.cause(is)
	return d
}

// cause says why a living pod has a value, or lacks one.
func (s *subject) cause(is *leaf) (Cause, string) {
	if is != nil {
		if who := s.owners.since(is, s.Created); who != nil {
			return ChangedSince, "changed by " + who.manager + " at " + who.at.UTC().Format(time.RFC3339)
		}
	}
	if by := revisionOf(s.injection.Revision); by != s.sentTo.Revision {
		return EarlierRevision, "from the injection of " + s.injection.By()
	}
	if name, at := s.sentTo.configured(); at.After(s.Created) {
		return EarlierConfiguration, fmt.Sprintf("from before ConfigMap %s was changed (%s)", name, at.UTC().Format(time.RFC3339))
	}
	others := s.otherWebhooks()
	if len(others) == 0 {
		return OtherAdmission, "by a plugin of the API server, or by another version of Outrigger: no other webhook gets the pod"
	}
	return OtherAdmission, "by another webhook: " + strings.Join(others, " or ")
}

// configured is which of the ConfigMaps changed last, and when; nothing where the
// configuration is in none.
func (i *Installation) configured() (name string, last time.Time) {
	for _, m := range []*corev1.ConfigMap{i.Injector.Value, i.Mesh.Value} {
		if m == nil {
			continue
		}
		at := m.CreationTimestamp.Time
		for _, e := range m.ManagedFields {
			if e.Time != nil && e.Time.After(at) {
				at = e.Time.Time
			}
		}
		if at.After(last) {
			name, last = m.Namespace+"/"+m.Name, at
		}
	}
	return name, last
}

// otherWebhooks are the configurations, not Outrigger's, that get the pod.
func (s *subject) otherWebhooks() []string {
	var names []string
	for n := range s.Webhooks {
		c := &s.Webhooks[n]
		for e := range c.Webhooks {
			if c.Name != s.sentTo.Name && pass(c.Name, &c.Webhooks[e], s.namespace, s.candidate).answer != No {
				names = append(names, "MutatingWebhookConfiguration "+c.Name)
				break
			}
		}
	}
	return names
}
