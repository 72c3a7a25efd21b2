package podtest

import (
	"maps"
	"reflect"

	corev1 "k8s.io/api/core/v1"
)

// byHand draws what depends on the rest of the pod.
func (d *drawer) byHand(at string) (any, bool) {
	switch at {
	case "PodSpec.volumes", "Container.name":
		return nil, true // when all is drawn
	case "PodSpec.containers":
		return d.containers(), true
	case "PodSpec.initContainers":
		return d.initContainers(), true
	case "PodSpec.ephemeralContainers":
		return d.ephemeralContainers(), true
	case "Container.volumeMounts":
		return d.mounts(), true
	case "VolumeDevice.name":
		return d.need(object{"name": "block", "persistentVolumeClaim": object{"claimName": "c"}}), true
	case "VolumeDevice.devicePath":
		return d.of("device", "/dev/x", "/var/lib/istio/data"), true
	case "PodSpec.dnsConfig", "PodSpec.dnsPolicy":
		return nil, d.apart
	case "EnvVar.name":
		if d.apart {
			return d.of("variable apart", "A", "spaces are fine"), true
		}
	case "FileKeySelector.volumeName":
		return d.need(object{"name": "files", "emptyDir": object{}}), true
	}
	return nil, false
}

// mounts draws some of the pod's volumes, at paths of the mesh among others.
func (d *drawer) mounts() any {
	meshPaths := []string{"/etc/istio/proxy", "/var/run/secrets/tokens", "/etc/istio/pod"}
	var list []any
	for i, v := range d.volumes {
		name := v["name"].(string)
		if name == "block" || d.oneIn(4, "not mounted") {
			continue
		}
		m := d.object(reflect.TypeFor[corev1.VolumeMount]())
		m["name"], m["mountPath"] = name, "/"+name
		if i < len(meshPaths) {
			m["mountPath"] = d.of("mount", "/"+name, meshPaths[i])
		}
		list = append(list, m)
	}
	if list == nil {
		return nil
	}
	return list
}

// fit mends what a type's fields have to do with each other.
func (d *drawer) fit(owner string, o object) {
	switch owner {
	case "ClusterTrustBundleProjection":
		if o["name"] != nil {
			delete(o, "labelSelector")
		}
	case "FCVolumeSource":
		o["lun"] = 1
	case "HTTPGetAction":
		if !d.own && d.oneIn(4, "empty path") {
			o["path"] = "" // of its own container it is remembered as none
		}
		if o["protocol"] == "HTTP2" {
			delete(o, "host")
			delete(o, "scheme")
		}
	case "ISCSIVolumeSource":
		o["secretRef"] = object{"name": "s"}
	case "LabelSelectorRequirement", "NodeSelectorRequirement":
		switch o["operator"] {
		case "Exists", "DoesNotExist":
			delete(o, "values")
		case "Gt", "Lt":
			o["values"] = []any{"1"}
		}
	case "PersistentVolumeClaimSpec":
		if o["dataSource"] != nil {
			delete(o, "dataSourceRef")
		}
	case "PodAffinityTerm":
		if o["labelSelector"] == nil {
			delete(o, "matchLabelKeys")
			delete(o, "mismatchLabelKeys")
		} else if o["matchLabelKeys"] != nil {
			delete(o, "mismatchLabelKeys")
		}
	case "SecurityContext":
		if o["privileged"] == true {
			delete(o, "allowPrivilegeEscalation")
		}
	case "Toleration":
		if o["operator"] == "Exists" {
			delete(o, "value")
		} else {
			o["key"] = "a"
		}
		if o["tolerationSeconds"] != nil {
			o["effect"] = "NoExecute"
		}
	case "TopologySpreadConstraint":
		if o["minDomains"] != nil {
			o["whenUnsatisfiable"] = "DoNotSchedule"
		}
		if o["matchLabelKeys"] != nil {
			o["labelSelector"] = object{"matchLabels": object{"app": "a"}}
		}
	case "VolumeMount":
		if r := o["recursiveReadOnly"]; r == "Enabled" || r == "IfPossible" {
			o["readOnly"] = true
			delete(o, "mountPropagation")
		}
	}
}

// fitContainer mends what fields of a container have to do with each other.
func (d *drawer) fitContainer(c object) {
	for _, field := range []string{"livenessProbe", "startupProbe"} {
		if probe, ok := c[field].(object); ok && probe["successThreshold"] != nil {
			probe["successThreshold"] = 1
		}
	}
	if probe, ok := c["readinessProbe"].(object); ok {
		delete(probe, "terminationGracePeriodSeconds")
	}
	if c["restartPolicyRules"] != nil && c["restartPolicy"] == nil {
		c["restartPolicy"] = "Never"
	}
	for i, port := range items(c["ports"]) {
		if i > 0 || c["name"] != "app0" {
			delete(port, "hostPort") // two of one node collide
		}
	}
	if resources, ok := c["resources"].(object); ok && d.oneIn(8, "claims") {
		d.claims = true
		resources = maps.Clone(resources)
		resources["claims"] = []any{d.of("claim", object{"name": "gpu"}, object{"name": "gpu", "request": "a"})}
		c["resources"] = resources
	}
}

// fitInit takes off what only containers have that go on running.
func fitInit(c object) {
	if c["restartPolicy"] == "Always" {
		return
	}
	for _, policy := range items(c["resizePolicy"]) {
		policy["restartPolicy"] = "NotRequired"
	}
	for _, field := range []string{"lifecycle", "livenessProbe", "readinessProbe", "startupProbe"} {
		delete(c, field)
	}
}

func items(list any) []object {
	var all []object
	values, _ := list.([]any)
	for _, v := range values {
		all = append(all, v.(object))
	}
	return all
}

func allContainers(spec object) []object {
	return append(append(items(spec["containers"]), items(spec["initContainers"])...), items(spec["ephemeralContainers"])...)
}

// fitSpec mends what the fields of a pod have to do with each other.
func (d *drawer) fitSpec(spec object) {
	delete(spec, "volumes")
	var volumes []any
	for _, v := range d.volumes {
		volumes = append(volumes, v)
	}
	if volumes != nil {
		spec["volumes"] = volumes
	}
	uniqueNames(spec)
	if d.claims && spec["resourceClaims"] == nil {
		spec["resourceClaims"] = []any{object{"name": "gpu", "resourceClaimName": "claim"}}
	}
	if spec["dnsPolicy"] == "None" {
		spec["dnsConfig"] = object{"nameservers": []any{"1.2.3.4"}}
	}
	for _, pair := range [][2]string{
		{"hostNetwork", "hostnameOverride"},
		{"setHostnameAsFQDN", "hostnameOverride"},
		{"hostPID", "shareProcessNamespace"},
		{"schedulingGates", "nodeName"},
		{"evictionResponders", "schedulingGroup"},
	} {
		if spec[pair[0]] != nil {
			delete(spec, pair[1])
		}
	}
	if spec["hostUsers"] == false {
		for _, field := range []string{"hostNetwork", "hostPID", "hostIPC"} {
			delete(spec, field)
		}
	}
	for _, c := range allContainers(spec) {
		if lifecycle, ok := c["lifecycle"].(object); ok && lifecycle["stopSignal"] != nil {
			spec["os"] = object{"name": "linux"}
		}
	}
	for _, c := range allContainers(spec) {
		fitContainerIn(spec, c)
	}
	if security, ok := spec["securityContext"].(object); ok {
		if spec["hostNetwork"] == true || spec["hostIPC"] == true {
			delete(security, "sysctls")
		}
		if spec["os"] != nil {
			delete(security, "windowsOptions")
		}
	}
}

// uniqueNames leaves out containers that have the name of one before.
func uniqueNames(spec object) {
	seen := map[any]bool{}
	for _, list := range []string{"containers", "initContainers", "ephemeralContainers"} {
		var kept []any
		for _, c := range items(spec[list]) {
			if !seen[c["name"]] {
				kept = append(kept, c)
			}
			seen[c["name"]] = true
		}
		if delete(spec, list); kept != nil {
			spec[list] = kept
		}
	}
	for _, c := range items(spec["ephemeralContainers"]) {
		if !seen[c["targetContainerName"]] {
			delete(c, "targetContainerName")
		}
	}
}

// fitContainerIn mends what fields of a container have to do with the pod's.
func fitContainerIn(spec, c object) {
	security, _ := c["securityContext"].(object)
	if spec["hostUsers"] == false {
		delete(c, "volumeDevices")
	} else if security["procMount"] == "Unmasked" {
		security["procMount"] = "Default"
	}
	if spec["os"] != nil {
		delete(security, "windowsOptions")
	}
	for _, port := range items(c["ports"]) {
		if spec["hostNetwork"] == true {
			delete(port, "hostPort")
		}
	}
	for _, policy := range items(c["resizePolicy"]) {
		if spec["restartPolicy"] == "Never" {
			policy["restartPolicy"] = "NotRequired"
		}
	}
}

// fitPod takes off an annotation whose field the pod has.
func fitPod(p object) {
	annotations, _ := p["metadata"].(object)["annotations"].(object)
	spec := p["spec"].(object)
	for _, o := range append(allContainers(spec), spec) {
		if security, _ := o["securityContext"].(object); security["appArmorProfile"] != nil || spec["os"] != nil {
			delete(annotations, "container.apparmor.security.beta.kubernetes.io/app0")
		}
	}
}

// makeWindows makes a pod one of Windows, which has none of what Linux has.
func makeWindows(spec object) {
	spec["os"] = object{"name": "windows"}
	spec["securityContext"] = object{"windowsOptions": object{"runAsUserName": "ContainerUser"}}
	for _, field := range []string{"shareProcessNamespace", "hostPID", "hostIPC", "hostUsers", "ephemeralContainers", "resources"} {
		delete(spec, field)
	}
	for _, c := range allContainers(spec) {
		delete(c, "securityContext")
		if lifecycle, ok := c["lifecycle"].(object); ok && lifecycle["stopSignal"] != nil {
			lifecycle["stopSignal"] = "SIGTERM"
		}
	}
}
