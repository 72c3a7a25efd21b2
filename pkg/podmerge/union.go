package podmerge

import (
	"reflect"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

// A union is a set of an object's fields of which one may be set, as the kinds of
// a volume are: Kubernetes refuses a pod that sets two.
type union struct {
	fields []string
	// required says that one of them has to be set.
	required bool
	// tag is the field that says which of the others may be set, where there is
	// one. What is set beside another tag goes with that.
	tag string
}

// unionTypes are the types whose fields are unions. Where no fields are named all
// of the type's are one.
var unionTypes = map[reflect.Type]union{
	reflect.TypeFor[corev1.EnvVar]():                       {fields: []string{"value", "valueFrom"}},
	reflect.TypeFor[corev1.EnvVarSource]():                 {required: true},
	reflect.TypeFor[corev1.EnvFromSource]():                {fields: []string{"configMapRef", "secretRef"}, required: true},
	reflect.TypeFor[corev1.ProbeHandler]():                 {required: true},
	reflect.TypeFor[corev1.LifecycleHandler]():             {required: true},
	reflect.TypeFor[corev1.VolumeMount]():                  {fields: []string{"subPath", "subPathExpr"}},
	reflect.TypeFor[corev1.VolumeSource]():                 {}, // none is an emptyDir
	reflect.TypeFor[corev1.VolumeProjection]():             {},
	reflect.TypeFor[corev1.DownwardAPIVolumeFile]():        {fields: []string{"fieldRef", "resourceFieldRef"}, required: true},
	reflect.TypeFor[corev1.ClusterTrustBundleProjection](): {fields: []string{"name", "signerName"}, required: true},
	reflect.TypeFor[corev1.FlockerVolumeSource]():          {required: true},
	reflect.TypeFor[corev1.PodResourceClaim]():             {fields: []string{"resourceClaimName", "resourceClaimTemplateName"}, required: true},
	reflect.TypeFor[corev1.PodSchedulingGroup]():           {required: true},
	reflect.TypeFor[corev1.ContainerRestartRule]():         {fields: []string{"exitCodes"}, required: true},
	reflect.TypeFor[corev1.SeccompProfile]():               {fields: []string{"localhostProfile"}, tag: "type"},
	reflect.TypeFor[corev1.AppArmorProfile]():              {fields: []string{"localhostProfile"}, tag: "type"},
}

// unionOf returns a type's union. Its fields are those of the struct tags.
func unionOf(t reflect.Type) (union, bool) {
	u, ok := unionTypes[t]
	if ok && u.fields == nil {
		for f := range t.Fields() {
			u.fields = append(u.fields, jsonName(f))
		}
	}
	return u, ok
}

// isSet says whether a member counts as set: null and the empty text do not.
func isSet(v *tree.Value) bool {
	return v.Kind() != tree.Null && (v.Kind() != tree.String || v.Text() != "")
}

// makeRoom takes off the object that is edited what cannot stand beside the
// patch: of a union of which the patch sets one field, the others.
func (u union) makeRoom(edit *tree.Editor, patch *tree.Value) {
	if u.tag != "" {
		tag := patch.Get(u.tag)
		if !isSet(tag) || tag.Text() == edit.Get(u.tag).Text() {
			return
		}
	}
	chosen := u.tag != ""
	for _, field := range u.fields {
		chosen = chosen || isSet(patch.Get(field))
	}
	if !chosen {
		return
	}
	for _, field := range u.fields {
		if !isSet(patch.Get(field)) {
			edit.Set(field, nil)
		}
	}
}

// count is how many of a union's fields an object sets.
func (u *union) count(v *tree.Value) (n int) {
	for _, m := range v.Members() {
		if isSet(m.Value) && slices.Contains(u.fields, m.Key) {
			n++
		}
	}
	return n
}

// set names those of a union's fields that an object sets.
func (u union) set(v *tree.Value) (names []string) {
	for _, field := range u.fields {
		if isSet(v.Get(field)) {
			names = append(names, field)
		}
	}
	return names
}
