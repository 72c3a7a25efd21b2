package inject

import (
	"fmt"
	"slices"

	"github.com/outrigger-io/outrigger/pkg/pod"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// Uninjected is what Uninject found and wants done.
type Uninjected struct {
	// Injected says whether the pod carries an injection. All else is empty where
	// it does not.
	Injected bool
	// Revision is the injection's: that of the control plane, or in the 1.0 line
	// the version of the template.
	Revision string
	// Patch turns the pod that came into the one before injection.
	Patch tree.Patch
	// InitContainers and Containers are the names that were taken off.
	InitContainers, Containers []string
	// Notes are what cannot be known for certain.
	Notes []Note
	// Fix is what the injection's record says of the text (see Record).
	Fix string
}

// Note names something of a pod that may not be what it was before injection.
type Note struct {
	// Path is the place in the pod, such as
	// spec.containers[web].livenessProbe.httpGet.port.
	Path string
	// Why is the sentence for people.
	Why string
}

// Uninject finds the pod that an injection was made of, from what the injection
// left in it; it needs no configuration. It knows the status of both
// generations. workload names the object that a pod template stands in; nil or a
// Pod for a pod, whose workload is found from its owner.
//
// A label or annotation goes where its value is the one that injection gives,
// even if someone had written that very value before: it makes no difference to
// what the pod does in the mesh.
func Uninject(p []byte, workload *Workload) (Uninjected, error) {
	before, err := parsePod(p)
	if err != nil {
		return Uninjected{}, err
	}
	_, result, err := uninject(before, workload)
	return result, refused(InvalidPod, err)
}

func uninject(p *tree.Value, workload *Workload) (*tree.Value, Uninjected, error) {
	r, err := derive(p, workload)
	if err != nil || r == nil {
		return p, Uninjected{}, err
	}
	result := Uninjected{
		Injected:       true,
		Revision:       r.status.Get("revision").Text(),
		InitContainers: r.removed["initContainers"],
		Containers:     r.removed["containers"],
	}
	if result.Revision == "" {
		result.Revision = r.status.Get("version").Text()
	}
	if text, ok := pod.Annotations(p).Get(recordKey); ok {
		if result.Fix, err = r.followRecord(text); err != nil {
			return nil, Uninjected{}, err
		}
	}
	result.Patch = tree.Diff(p, r.pod)
	result.Notes = r.notes
	return r.pod, result, nil
}

// removal is the pod on its way back.
type removal struct {
	pod       *tree.Value
	workload  Workload
	status    *tree.Value // annotation sidecar.istio.io/status
	overrides *tree.Value // annotation proxy.istio.io/overrides
	proxy     *tree.Value // the proxy as injection left it
	port      string      // the agent's status port
	removed   map[string][]string
	notes     []Note
}

func (r *removal) note(path, format string, args ...any) {
	r.notes = append(r.notes, Note{path, fmt.Sprintf(format, args...)})
}

// derive works out what the pod was from all but the record. It returns nil for
// a pod that was not injected.
func derive(p *tree.Value, workload *Workload) (*removal, error) {
	status, err := pod.JSONAnnotation(p, pod.StatusKey)
	if err != nil || status == nil {
		return nil, err
	}
	overrides, err := pod.JSONAnnotation(p, pod.OverridesKey)
	if err != nil {
		return nil, err
	}
	r := &removal{pod: p, status: status, overrides: overrides, removed: map[string][]string{}, port: injectedStatusPort(p)}
	if workload != nil && workload.Kind != "Pod" {
		r.workload = *workload
	} else {
		r.workload = pod.OwnerOf(p, p.Get("metadata", "namespace").Text())
	}
	_, _, r.proxy = pod.FindProxy(p)
	r.restoreHandlers()
	for _, list := range pod.ContainerLists {
		r.takeOffContainers(list)
	}
	r.cleanOwnProxy()
	r.noteOrder()
	r.takeOffVolumes()
	r.takeOffPullSecrets()
	r.restorePrometheus()
	r.takeOffLabels()
	r.takeOffAnnotations()
	r.takeOffPodFields()
	return r, nil
}

// drop takes off a member and, as long as nothing is left in them, the objects
// around it, as far as path[0].
func (r *removal) drop(path ...string) {
	r.pod = dropAt(r.pod, path)
}

func dropAt(v *tree.Value, path []string) *tree.Value {
	if len(path) == 1 {
		return v.Without(path[0])
	}
	child := v.Get(path[0])
	if child == nil {
		return v
	}
	below := dropAt(child, path[1:])
	switch {
	case below == child:
		return v
	case below.Len() == 0 && path[0] != "spec":
		return v.Without(path[0])
	default:
		return v.With(path[0], below)
	}
}

// setList puts a list of the spec; an empty one goes, as injection made it.
func (r *removal) setList(list string, items []*tree.Value) {
	if len(items) == 0 {
		r.drop("spec", list)
		return
	}
	r.pod = pod.WithList(r.pod, list, items)
}

// takeOffContainers takes the containers that the status names off a list, and
// puts back what the workload itself said of them.
func (r *removal) takeOffContainers(list string) {
	for _, named := range r.status.Get(list).Items() {
		name := named.Text()
		items := pod.List(r.pod, list)
		i := pod.LastIndex(items, name)
		if i < 0 {
			r.note("spec."+list+"["+name+"]", "the status says that injection added it, and it is not there")
			continue
		}
		own := pod.Find(r.overrides.Get(list).Items(), name)
		home := homeOf(own, list, name)
		if own == nil || home != list && pod.Index(pod.List(r.pod, home), name) >= 0 || r.standsElsewhere(list, name) {
			r.setList(list, slices.Delete(slices.Clone(items), i, i+1))
			r.removed[list] = append(r.removed[list], name)
			continue
		}
		r.putBack(list, home, i, r.withImage(own, home))
	}
}

// standsElsewhere says whether the workload's own container of the name is still
// in the other list: injection laid it over the one that the templates have
// among the init containers, but left it where it was.
func (r *removal) standsElsewhere(list, name string) bool {
	if name == pod.ProxyContainer {
		return false // of which there is one, that injection moves
	}
	other := "containers"
	if list == other {
		other = "initContainers"
	}
	return !pod.ListsName(r.status.Get(other), name) && pod.Index(pod.List(r.pod, other), name) >= 0
}

// homeOf is the list in which the workload had a container of its own, which
// injection may have moved to where the templates have theirs. Only as an init
// container can a proxy restart always, and only then does it make sense there.
func homeOf(own *tree.Value, list, name string) string {
	if name != pod.ProxyContainer {
		return list
	}
	if own.Get("restartPolicy").Text() == "Always" {
		return "initContainers"
	}
	return "containers"
}

// putBack puts the workload's own container in place of the injected one.
func (r *removal) putBack(list, home string, i int, own *tree.Value) {
	items := slices.Clone(pod.List(r.pod, list))
	name := own.Get("name").Text()
	if home == list && name != pod.ProxyContainer {
		items[i] = own
		r.setList(list, items)
	} else {
		r.setList(list, slices.Delete(items, i, i+1))
		r.pod = pod.WithList(r.pod, home, append(slices.Clone(pod.List(r.pod, home)), own))
	}
	if name == pod.ProxyContainer {
		r.noteAssignedIDs(own, "spec."+home+"["+name+"]")
	}
}

// noteAssignedIDs names what injection drops of a proxy on OpenShift, where
// namespaces have ranges of ids far up, and all containers of a pod are given one.
func (r *removal) noteAssignedIDs(own *tree.Value, path string) {
	if own.Get("securityContext", "runAsUser") != nil {
		return
	}
	const firstAssigned = 1_000_000_000
	for _, c := range pod.List(r.pod, "containers") {
		if uid, ok := c.Get("securityContext", "runAsUser").Int(); ok && uid >= firstAssigned {
			r.note(path+".securityContext.runAsUser", "it may have been %d, as container %s has it: OpenShift gives both the same, and injection drops the proxy's", uid, c.Get("name").Text())
			return
		}
	}
}

// noteOrder names the workload's own containers that injection, but not the 1.0
// line's, moves to a place of their own.
func (r *removal) noteOrder() {
	if r.status.Get("revision") == nil {
		return
	}
	for _, list := range pod.ContainerLists {
		for _, c := range pod.List(r.pod, list) {
			switch name := c.Get("name").Text(); name {
			case pod.ProxyContainer, pod.InitContainer, pod.ValidationContainer, pod.CoreDumpContainer:
				if len(pod.List(r.pod, list)) > 1 {
					r.note("spec."+list+"["+name+"]", "it is the workload's own, but may have stood at another place among the others")
				}
			}
		}
	}
}

// withImage gives a container that was remembered without an image the word that
// asks for one: it must have had that or none.
func (r *removal) withImage(own *tree.Value, list string) *tree.Value {
	if own.Get("image") != nil {
		return own
	}
	r.note("spec."+list+"["+own.Get("name").Text()+"].image", "it was %q or missing; %q is put back", autoImage, autoImage)
	var members []tree.Member
	for _, m := range own.Members() {
		members = append(members, m)
		if m.Key == "name" {
			members = append(members, tree.Member{Key: "image", Value: tree.NewString(autoImage)})
		}
	}
	return tree.NewObject(members...)
}

// takeOffVolumes takes off the volumes that the status names, but for those that
// what is left of the pod mounts.
func (r *removal) takeOffVolumes() {
	mountedBy := map[string]string{}
	for _, list := range pod.ContainerLists {
		for _, c := range pod.List(r.pod, list) {
			for _, m := range c.Get("volumeMounts").Items() {
				mountedBy[m.Get("name").Text()] = c.Get("name").Text()
			}
		}
	}
	for _, named := range r.status.Get("volumes").Items() {
		volumes := pod.List(r.pod, "volumes")
		i := pod.LastIndex(volumes, named.Text())
		if i < 0 {
			continue
		}
		own := pod.Index(volumes, named.Text()) != i // appended, behind the workload's own
		if container := mountedBy[named.Text()]; container != "" && !own {
			r.note("spec.volumes["+named.Text()+"]", "the status says that injection added it, but container %s mounts it, so it stays as it is", container)
			continue
		}
		r.setList("volumes", slices.Delete(slices.Clone(volumes), i, i+1))
	}
}

func (r *removal) takeOffPullSecrets() {
	for _, named := range r.status.Get("imagePullSecrets").Items() {
		secrets := pod.List(r.pod, "imagePullSecrets")
		i := pod.LastIndex(secrets, named.Text())
		if i < 0 {
			continue
		}
		if pod.Index(secrets, named.Text()) == i {
			r.note("spec.imagePullSecrets["+named.Text()+"]", "injection adds it and it was taken off, but the workload may have named it too")
		}
		r.setList("imagePullSecrets", slices.Delete(slices.Clone(secrets), i, i+1))
	}
}

// takeOffPodFields takes off the fields of the spec that the meshes' own
// templates set.
func (r *removal) takeOffPodFields() {
	const fsGroup = 1337
	if group, ok := r.pod.Get("spec", "securityContext", "fsGroup").Int(); ok && group == fsGroup {
		r.drop("spec", "securityContext", "fsGroup")
		r.note("spec.securityContext.fsGroup", "injection sets it to %d and it was taken off, but the workload may have had one too", fsGroup)
	}
	sysctls := r.pod.Get("spec", "securityContext", "sysctls")
	if slices.Contains(r.templates(), "gateway") && string(sysctls.JSON()) == gatewaySysctls {
		r.drop("spec", "securityContext", "sysctls")
	}
	r.takeOffSearchDomains()
}

// gatewaySysctls let a gateway that is not root listen on every port.
const gatewaySysctls = `[{"name":"net.ipv4.ip_unprivileged_port_start","value":"0"}]`
