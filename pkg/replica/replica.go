package replica

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"maps"
	"slices"
	"strings"

	"gomodules.xyz/jsonpatch/v2"

	"github.com/outrigger-io/outrigger/pkg/pod"
	"github.com/outrigger-io/outrigger/pkg/podtemplate"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// varying is a set of the pod fields by which the replicas of one workload differ.
// What injection makes of a pod does not depend on such a field where no template
// reads it and no overlay writes it: then two pods that are equal but for it have
// the same patch.
type varying uint16

const (
	// accessVolume is the name that the API server gives the volume with the
	// service account's token, whose end is random, and its mounts.
	accessVolume varying = 1 << iota
	podName
	hostname
	statefulPodName
	podIndex
	// nodeNames are those by which a DaemonSet sends each of its pods to a node.
	nodeNames
)

// varyingFields says where they stand; anyElement is each element of a list. All
// of them are strings.
var varyingFields = []struct {
	is    varying
	paths [][]string
}{
	{accessVolume, [][]string{
		{"spec", "volumes", podtemplate.AnyElement, "name"},
		{"spec", "containers", podtemplate.AnyElement, "volumeMounts", podtemplate.AnyElement, "name"},
		{"spec", "initContainers", podtemplate.AnyElement, "volumeMounts", podtemplate.AnyElement, "name"},
	}},
	{podName, [][]string{{"metadata", "name"}}},
	{hostname, [][]string{{"spec", "hostname"}}},
	{statefulPodName, [][]string{{"metadata", "labels", "statefulset.kubernetes.io/pod-name"}}},
	{podIndex, [][]string{{"metadata", "labels", "apps.kubernetes.io/pod-index"}}},
	{nodeNames, [][]string{{
		"spec", "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution",
		"nodeSelectorTerms", podtemplate.AnyElement, "matchFields", podtemplate.AnyElement, "values", podtemplate.AnyElement,
	}}},
}

// accessVolumePrefix is how the name of an accessVolume begins; five letters and
// digits follow, which are spelled alike in JSON and in JSON inside a string.
const accessVolumePrefix = "kube-api-access-"

// fork is a step on the way to varying fields.
type fork struct {
	is    varying // what stands here
	after map[string]*fork
	each  *fork
}

var podForks = func() *fork {
	root := &fork{}
	for _, field := range varyingFields {
		for _, path := range field.paths {
			at := root
			for _, step := range path {
				at = at.step(step)
			}
			at.is = field.is
		}
	}
	return root
}()

func (f *fork) step(step string) *fork {
	if step == podtemplate.AnyElement {
		if f.each == nil {
			f.each = &fork{}
		}
		return f.each
	}
	if f.after == nil {
		f.after = map[string]*fork{}
	}
	if f.after[step] == nil {
		f.after[step] = &fork{}
	}
	return f.after[step]
}

// likeness names all pods that are injected like one: it is a hash of everything
// that the patch can depend on. Hashes are cryptographic since whoever makes pods
// must not be able to make two that meet, for which 192 of the bits are plenty.
type likeness [24]byte

// Replica is a pod seen as one of many that are injected alike.
type Replica struct {
	Likeness likeness
	// access is the name of its accessVolume, empty where it was not left out. Of
	// all that varies, this alone stands inside containers and volumes, which a
	// patch may move with all that is in them.
	access string
}

// Reading is what templates can learn of the fields that vary among replicas.
type Reading struct {
	varying varying
	Never   bool // they call something after which the same pod need not give the same patch
}

func ReadingOf(r podtemplate.Reads) Reading {
	found := Reading{Never: r.Unrepeatable}
	for _, field := range varyingFields {
		if slices.ContainsFunc(field.paths, r.Meets) {
			found.varying |= field.is
		}
	}
	return found
}

func (r Reading) And(o Reading) Reading { return Reading{r.varying | o.varying, r.Never || o.Never} }

// Situation is all beside the pod that its patch can depend on.
type Situation struct {
	Workload             pod.Workload
	Namespace            string
	FromManifest         bool
	NativeSidecars       bool
	Env                  map[string]string // what the URL says
	NamespaceAnnotations []string          // the values of those that count
	ProxyConfigs         string            // what resources say of its proxy
}

// Of takes a pod's likeness, given what the templates read of it. Not
// every pod can be known by one.
func Of(p *tree.Value, s Situation, r Reading) (Replica, bool) {
	if r.Never {
		return Replica{}, false
	}
	// What an earlier injection left to be read again is the same text in all
	// replicas, so it must not name what is another in each. The API server has
	// every pod reviewed once more after it was injected.
	for _, key := range []string{pod.StatusKey, pod.OverridesKey} {
		if earlier, err := pod.JSONAnnotation(p, key); err != nil || mentions(earlier, accessVolumePrefix) {
			return Replica{}, false
		}
	}
	l := likener{hash: sha256.New(), text: make([]byte, 0, spelledAtOnce), left: ^r.varying}
	for _, text := range []string{s.Workload.APIVersion, s.Workload.Kind, s.Workload.Namespace, s.Workload.Name, s.Namespace, s.ProxyConfigs} {
		l.string(text)
	}
	l.text = append(l.text, byte(len(s.Env)), boolByte(s.NativeSidecars), boolByte(s.FromManifest))
	for _, name := range slices.Sorted(maps.Keys(s.Env)) {
		l.string(name)
		l.string(s.Env[name])
	}
	for _, value := range s.NamespaceAnnotations {
		l.string(value)
	}
	spec := p.Get("spec")
	if l.left&accessVolume != 0 {
		l.access = accessVolumeOf(spec)
	}
	l.value(p.Get("metadata").Without("managedFields"), podForks.after["metadata"])
	l.value(spec, podForks.after["spec"])
	return Replica{l.sum(), l.access}, true
}

func boolByte(b bool) byte {
	if b {
		return 1
	}
	return 0
}

func accessVolumeOf(spec *tree.Value) string {
	for _, volume := range spec.Get("volumes").Items() {
		name := volume.Get("name").Text()
		if random, ok := strings.CutPrefix(name, accessVolumePrefix); ok && len(random) == 5 && strings.Trim(random, "abcdefghijklmnopqrstuvwxyz0123456789") == "" {
			return name
		}
	}
	return ""
}

// likener spells values so that two are spelled alike only where they are equal
// but for what is left out.
type likener struct {
	hash   hash.Hash
	text   []byte  // what of the spelling is not in the hash yet
	left   varying // what is left out
	access string  // the name of the accessVolume, empty where there is none
}

// spelledAtOnce is about how much goes to the hash at one time.
const spelledAtOnce = 512

func (l *likener) string(s string) {
	if len(l.text)+len(s) > spelledAtOnce-binary.MaxVarintLen64 {
		l.hash.Write(l.text)
		l.text = l.text[:0]
	}
	l.text = binary.AppendUvarint(l.text, uint64(len(s)))
	l.text = append(l.text, s...)
}

func (l *likener) sum() likeness {
	l.hash.Write(l.text)
	var whole [sha256.Size]byte
	return likeness(l.hash.Sum(whole[:0]))
}

// No Kind has these numbers.
const (
	leftOut = 0xff
	absent  = 0xfe
)

func (l *likener) value(v *tree.Value, at *fork) {
	if at != nil && at.is&l.left != 0 && v.Kind() == tree.String && (at.is != accessVolume || v.Text() == l.access) {
		l.text = append(l.text, leftOut)
		return
	}
	if v == nil {
		l.text = append(l.text, absent)
		return
	}
	l.text = append(l.text, byte(v.Kind()))
	switch v.Kind() {
	case tree.Array:
		l.text = binary.AppendUvarint(l.text, uint64(v.Len()))
		var each *fork
		if at != nil {
			each = at.each
		}
		for _, item := range v.Items() {
			l.value(item, each)
		}
	case tree.Object:
		l.text = binary.AppendUvarint(l.text, uint64(v.Len()))
		for _, m := range v.Members() {
			var after *fork
			if at != nil {
				after = at.after[m.Key]
			}
			l.string(m.Key)
			l.value(m.Value, after)
		}
	default:
		l.string(v.Text())
	}
}

// WritesVarying says whether an overlay says anything of a field that varies, or
// of what is left out of every likeness: then the patch depends on what the pod
// has there.
func WritesVarying(overlay *tree.Value) bool {
	for _, m := range overlay.Members() {
		if m.Key != "metadata" && m.Key != "spec" {
			return true // the rest of a pod is in no likeness
		}
	}
	metadata, spec := overlay.Get("metadata"), overlay.Get("spec")
	labels := metadata.Get("labels")
	switch {
	case hasDirective(metadata), hasDirective(spec), hasDirective(labels):
		return true
	case metadata.Get("name") != nil, metadata.Get("managedFields") != nil, spec.Get("hostname") != nil, spec.Get("affinity") != nil:
		return true
	case labels.Get("statefulset.kubernetes.io/pod-name") != nil, labels.Get("apps.kubernetes.io/pod-index") != nil:
		return true
	}
	return mentions(overlay, accessVolumePrefix)
}

// mentions says whether a key or a string anywhere in v has a text in it.
func mentions(v *tree.Value, text string) bool {
	if strings.Contains(v.Text(), text) {
		return true
	}
	for _, item := range v.Items() {
		if mentions(item, text) {
			return true
		}
	}
	for _, m := range v.Members() {
		if strings.Contains(m.Key, text) || mentions(m.Value, text) {
			return true
		}
	}
	return false
}

func hasDirective(v *tree.Value) bool {
	return slices.ContainsFunc(v.Members(), func(m tree.Member) bool { return strings.HasPrefix(m.Key, "$") })
}

// Shows says whether a patch has the replica's own accessVolume in it, as it has
// where a container is moved with its mounts.
func (r *Replica) Shows(patch tree.Patch) bool {
	return r.access != "" && slices.ContainsFunc(patch, func(o jsonpatch.Operation) bool {
		return bytes.Contains(tree.TextOf(o), []byte(r.access))
	})
}
