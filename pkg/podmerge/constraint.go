package podmerge

import (
	"maps"
	"math"
	"reflect"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"
)

// constraint is what Kubernetes wants of a field beside its type.
type constraint struct {
	// required says that the field has to be set.
	required bool
	// text says what is wrong with a string; key and value with those of a map.
	text, key, value func(string) []string
	// bounded says that a number is from low to high.
	bounded   bool
	low, high int64
	// rule says what is wrong with an object or a list.
	rule rule
}

func from(low, high int64) constraint { return constraint{bounded: true, low: low, high: high} }

func texts(check func(string) []string) constraint { return constraint{text: check} }

func named(check func(string) []string) constraint { return constraint{required: true, text: check} }

var (
	atLeastZero = from(0, math.MaxInt32)
	userID      = from(0, math.MaxInt32)
	fileMode    = from(0, 0o777)
	somePort    = constraint{required: true, bounded: true, low: 1, high: math.MaxUint16, text: checkPortName}
	needed      = constraint{required: true}
)

// byField are the constraints of a type's fields, by their names; the nameless is of
// the whole.
type byField = map[string]constraint

// constraints are those of the fields that templates write.
var constraints = joined(ofPodsAndContainers, ofVolumes, ofScheduling)

var ofPodsAndContainers = map[reflect.Type]byField{
	reflect.TypeFor[metav1.ObjectMeta](): {
		"name":        texts(checkSubdomain),
		"labels":      {key: checkQualifiedName, value: checkLabelValue},
		"annotations": {key: annotationKey, rule: annotationsFit},
	},
	reflect.TypeFor[corev1.PodSpec](): {
		"nodeSelector":          {key: checkQualifiedName, value: checkLabelValue},
		"serviceAccountName":    texts(checkSubdomain),
		"runtimeClassName":      texts(checkSubdomain),
		"nodeName":              texts(checkSubdomain),
		"hostname":              texts(checkLabel),
		"subdomain":             texts(checkLabel),
		"hostnameOverride":      texts(checkSubdomain),
		"ephemeralContainers":   {rule: addedLater},
		"schedulingGates":       {rule: distinct("name")},
		"resources":             {rule: ofPods},
		"priorityClassName":     texts(checkSubdomain),
		"activeDeadlineSeconds": from(1, math.MaxInt32),
		"":                      {rule: firstOf(containersFitPod, hostPortsDiffer, claimsAreThere, hooksEndInTime, unmaskedHasUsers, namesOfNone, processesShared)},
	},
	reflect.TypeFor[corev1.Container](): {
		"name":           named(checkLabel),
		"image":          named(trimmed),
		"ports":          {rule: distinct("name")},
		"resizePolicy":   {rule: distinct("resourceName")},
		"volumeMounts":   {rule: distinct("mountPath")},
		"livenessProbe":  {rule: succeedsOnce},
		"startupProbe":   {rule: succeedsOnce},
		"readinessProbe": {rule: hasNoGracePeriod},
		"":               {rule: firstOf(mountedOneWay, sharedByPrivilege, rulesHavePolicy)},
	},
	reflect.TypeFor[corev1.ContainerPort](): {
		"name":          texts(checkPortName),
		"containerPort": {required: true, bounded: true, low: 1, high: math.MaxUint16},
		"hostPort":      from(0, math.MaxUint16),
	},
	reflect.TypeFor[corev1.EnvVar]():               {"name": named(checkVariable)},
	reflect.TypeFor[corev1.EnvVarSource]():         {"fieldRef": {rule: fieldIn(fieldsOfVariables...)}},
	reflect.TypeFor[corev1.EnvFromSource]():        {"prefix": texts(checkVariable)},
	reflect.TypeFor[corev1.ConfigMapEnvSource]():   {"name": named(checkSubdomain)},
	reflect.TypeFor[corev1.SecretEnvSource]():      {"name": named(checkSubdomain)},
	reflect.TypeFor[corev1.ConfigMapKeySelector](): {"name": named(checkSubdomain), "key": named(checkConfigMapKey)},
	reflect.TypeFor[corev1.SecretKeySelector]():    {"name": named(checkSubdomain), "key": named(checkConfigMapKey)},
	reflect.TypeFor[corev1.ObjectFieldSelector]():  {"fieldPath": needed},
	reflect.TypeFor[corev1.ResourceFieldSelector](): {
		"resource": named(resourceOfContainer),
		"":         {rule: divisorFits},
	},
	reflect.TypeFor[corev1.ContainerResizePolicy](): {"resourceName": named(resizable), "restartPolicy": needed},
	reflect.TypeFor[corev1.VolumeMount](): {
		"name":        needed,
		"mountPath":   needed,
		"subPath":     texts(below),
		"subPathExpr": texts(below),
		"":            {rule: readOnlyAllThrough},
	},
	reflect.TypeFor[corev1.Volume](): {"name": named(checkLabel)},
	reflect.TypeFor[corev1.HTTPGetAction](): {
		"port": somePort,
	},
	reflect.TypeFor[corev1.TCPSocketAction](): {"port": somePort},
	reflect.TypeFor[corev1.GRPCAction]():      {"port": {required: true, bounded: true, low: 1, high: math.MaxUint16}},
	reflect.TypeFor[corev1.HTTPHeader]():      {"name": named(checkHeaderName)},
	reflect.TypeFor[corev1.ExecAction]():      {"command": needed},
	reflect.TypeFor[corev1.Probe](): {
		"initialDelaySeconds":           atLeastZero,
		"timeoutSeconds":                atLeastZero,
		"periodSeconds":                 atLeastZero,
		"successThreshold":              atLeastZero,
		"failureThreshold":              atLeastZero,
		"terminationGracePeriodSeconds": from(1, math.MaxInt64),
	},
	reflect.TypeFor[corev1.SecurityContext](): {
		"runAsUser":  userID,
		"runAsGroup": userID,
		"":           {rule: privilegesAgree},
	},
	reflect.TypeFor[corev1.PodSecurityContext](): {
		"runAsUser":  userID,
		"runAsGroup": userID,
		"fsGroup":    userID,

		"supplementalGroups": {rule: each(userIDs)},
		"sysctls":            {rule: distinct("name")},
	},
	reflect.TypeFor[corev1.Sysctl]():               {"name": named(sysctl)},
	reflect.TypeFor[corev1.SeccompProfile]():       {"type": needed, "localhostProfile": texts(below), "": {rule: profileFitsType}},
	reflect.TypeFor[corev1.AppArmorProfile]():      {"type": needed, "localhostProfile": texts(trimmed), "": {rule: profileFitsType}},
	reflect.TypeFor[corev1.ResourceRequirements](): {"": {rule: requestsFitLimits}},
	reflect.TypeFor[corev1.SleepAction]():          {"seconds": from(0, math.MaxInt64)},
}

// words are the values of the types that have a few.
var words = map[reflect.Type][]string{
	reflect.TypeFor[corev1.PullPolicy]():               {"Always", "Never", "IfNotPresent"},
	reflect.TypeFor[corev1.Protocol]():                 {"TCP", "UDP", "SCTP"},
	reflect.TypeFor[corev1.URIScheme]():                {"HTTP", "HTTPS"},
	reflect.TypeFor[corev1.TerminationMessagePolicy](): {"File", "FallbackToLogsOnError"},
	reflect.TypeFor[corev1.MountPropagationMode]():     {"None", "HostToContainer", "Bidirectional"},
	reflect.TypeFor[corev1.RestartPolicy]():            {"Always", "OnFailure", "Never"},
	reflect.TypeFor[corev1.ContainerRestartPolicy]():   {"Always", "OnFailure", "Never"},
	reflect.TypeFor[corev1.DNSPolicy]():                {"ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"},
	reflect.TypeFor[corev1.SeccompProfileType]():       {"Unconfined", "RuntimeDefault", "Localhost"},
	reflect.TypeFor[corev1.AppArmorProfileType]():      {"Unconfined", "RuntimeDefault", "Localhost"},
	reflect.TypeFor[corev1.ProcMountType]():            {"Default", "Unmasked"},
	reflect.TypeFor[corev1.PreemptionPolicy]():         {"PreemptLowerPriority", "Never"},
	reflect.TypeFor[corev1.OSName]():                   {"linux", "windows"},
	reflect.TypeFor[corev1.HostPathType]():             {"DirectoryOrCreate", "Directory", "FileOrCreate", "File", "Socket", "CharDevice", "BlockDevice"},

	reflect.TypeFor[corev1.ResourceResizeRestartPolicy]():   {"NotRequired", "RestartContainer"},
	reflect.TypeFor[corev1.RecursiveReadOnlyMode]():         {"Disabled", "IfPossible", "Enabled"},
	reflect.TypeFor[corev1.PodFSGroupChangePolicy]():        {"OnRootMismatch", "Always"},
	reflect.TypeFor[corev1.SupplementalGroupsPolicy]():      {"Merge", "Strict"},
	reflect.TypeFor[corev1.PodSELinuxChangePolicy]():        {"Recursive", "MountOption"},
	reflect.TypeFor[corev1.TolerationOperator]():            {"Exists", "Equal", "Lt", "Gt"},
	reflect.TypeFor[corev1.TaintEffect]():                   {"NoSchedule", "PreferNoSchedule", "NoExecute"},
	reflect.TypeFor[corev1.NodeSelectorOperator]():          {"In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"},
	reflect.TypeFor[metav1.LabelSelectorOperator]():         {"In", "NotIn", "Exists", "DoesNotExist"},
	reflect.TypeFor[corev1.UnsatisfiableConstraintAction](): {"DoNotSchedule", "ScheduleAnyway"},
	reflect.TypeFor[corev1.NodeInclusionPolicy]():           {"Ignore", "Honor"},
	reflect.TypeFor[corev1.PersistentVolumeAccessMode]():    {"ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"},
}

// joined is one table of several, of which no two have one type.
func joined(tables ...map[reflect.Type]byField) map[reflect.Type]byField {
	all := map[reflect.Type]byField{}
	for _, table := range tables {
		maps.Copy(all, table)
	}
	return all
}

func annotationKey(key string) []string {
	if isQualifiedName(key) {
		return nil
	}
	return validation.IsQualifiedName(strings.ToLower(key))
}
