package podmerge

import (
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
	somePort    = constraint{bounded: true, low: 1, high: math.MaxUint16, text: checkPortName}
	needed      = constraint{required: true}
)

// constraints are those of the fields that templates write, by type and name.
var constraints = map[reflect.Type]map[string]constraint{
	reflect.TypeFor[metav1.ObjectMeta](): {
		"labels":      {key: checkQualifiedName, value: checkLabelValue},
		"annotations": {key: annotationKey, rule: annotationsFit},
	},
	reflect.TypeFor[corev1.PodSpec](): {
		"nodeSelector":                  {key: checkQualifiedName, value: checkLabelValue},
		"serviceAccountName":            texts(checkSubdomain),
		"priorityClassName":             texts(checkSubdomain),
		"terminationGracePeriodSeconds": from(0, math.MaxInt64),
		"activeDeadlineSeconds":         from(1, math.MaxInt32),
		"":                              {rule: firstOf(containersFitPod, hostPortsDiffer)},
	},
	reflect.TypeFor[corev1.Container](): {
		"name":           named(checkLabel),
		"image":          needed,
		"ports":          {rule: distinct("name")},
		"volumeMounts":   {rule: distinct("mountPath")},
		"livenessProbe":  {rule: succeedsOnce},
		"startupProbe":   {rule: succeedsOnce},
		"readinessProbe": {rule: hasNoGracePeriod},
		"":               {rule: mountedOneWay},
	},
	reflect.TypeFor[corev1.ContainerPort](): {
		"name":          texts(checkPortName),
		"containerPort": {required: true, bounded: true, low: 1, high: math.MaxUint16},
		"hostPort":      from(0, math.MaxUint16),
	},
	reflect.TypeFor[corev1.EnvVar]():               {"name": named(checkVariable)},
	reflect.TypeFor[corev1.ConfigMapKeySelector](): {"key": named(checkConfigMapKey)},
	reflect.TypeFor[corev1.SecretKeySelector]():    {"key": named(checkConfigMapKey)},
	reflect.TypeFor[corev1.ObjectFieldSelector]():  {"fieldPath": needed},
	reflect.TypeFor[corev1.ResourceFieldSelector](): {
		"resource": needed,
	},
	reflect.TypeFor[corev1.VolumeMount](): {"name": needed, "mountPath": needed},
	reflect.TypeFor[corev1.Volume]():      {"name": named(checkLabel)},
	reflect.TypeFor[corev1.HTTPGetAction](): {
		"port": {required: true, bounded: true, low: 1, high: math.MaxUint16, text: checkPortName},
	},
	reflect.TypeFor[corev1.TCPSocketAction](): {"port": somePort},
	reflect.TypeFor[corev1.GRPCAction]():      {"port": from(1, math.MaxUint16)},
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
	},
	reflect.TypeFor[corev1.SeccompProfile]():                    {"": {rule: profileFitsType}},
	reflect.TypeFor[corev1.AppArmorProfile]():                   {"": {rule: profileFitsType}},
	reflect.TypeFor[corev1.ResourceRequirements]():              {"": {rule: requestsFitLimits}},
	reflect.TypeFor[corev1.SecretVolumeSource]():                {"secretName": needed, "defaultMode": fileMode},
	reflect.TypeFor[corev1.ConfigMapVolumeSource]():             {"name": needed, "defaultMode": fileMode},
	reflect.TypeFor[corev1.DownwardAPIVolumeSource]():           {"defaultMode": fileMode},
	reflect.TypeFor[corev1.ProjectedVolumeSource]():             {"defaultMode": fileMode},
	reflect.TypeFor[corev1.DownwardAPIVolumeFile]():             {"path": needed, "mode": fileMode},
	reflect.TypeFor[corev1.KeyToPath]():                         {"key": needed, "path": needed, "mode": fileMode},
	reflect.TypeFor[corev1.ServiceAccountTokenProjection]():     {"path": needed, "expirationSeconds": from(600, math.MaxUint32)},
	reflect.TypeFor[corev1.ConfigMapProjection]():               {"name": needed},
	reflect.TypeFor[corev1.SecretProjection]():                  {"name": needed},
	reflect.TypeFor[corev1.ClusterTrustBundleProjection]():      {"path": needed},
	reflect.TypeFor[corev1.PersistentVolumeClaimVolumeSource](): {"claimName": needed},
	reflect.TypeFor[corev1.HostPathVolumeSource]():              {"path": needed},
	reflect.TypeFor[corev1.CSIVolumeSource]():                   {"driver": needed},
	reflect.TypeFor[corev1.NFSVolumeSource]():                   {"server": needed, "path": needed},
	reflect.TypeFor[corev1.PodDNSConfigOption]():                {"name": needed},
	reflect.TypeFor[corev1.EphemeralVolumeSource]():             {"volumeClaimTemplate": needed},
	reflect.TypeFor[corev1.SleepAction]():                       {"seconds": from(0, math.MaxInt64)},
	reflect.TypeFor[corev1.TopologySpreadConstraint]():          {"topologyKey": needed},
	reflect.TypeFor[corev1.PodReadinessGate]():                  {"conditionType": named(checkQualifiedName)},
	reflect.TypeFor[corev1.HostAlias]():                         {"ip": needed},
	reflect.TypeFor[corev1.AWSElasticBlockStoreVolumeSource]():  {"volumeID": needed},
	reflect.TypeFor[corev1.GCEPersistentDiskVolumeSource]():     {"pdName": needed},
	reflect.TypeFor[corev1.AzureFileVolumeSource]():             {"secretName": needed, "shareName": needed},
	reflect.TypeFor[corev1.VsphereVirtualDiskVolumeSource]():    {"volumePath": needed},
	reflect.TypeFor[corev1.GlusterfsVolumeSource]():             {"endpoints": needed, "path": needed},
	reflect.TypeFor[corev1.CephFSVolumeSource]():                {"monitors": needed},
	reflect.TypeFor[corev1.CinderVolumeSource]():                {"volumeID": needed},
	reflect.TypeFor[corev1.FlexVolumeSource]():                  {"driver": needed},
	reflect.TypeFor[corev1.GitRepoVolumeSource]():               {"repository": needed},
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
}

func annotationKey(key string) []string {
	if isQualifiedName(key) {
		return nil
	}
	return validation.IsQualifiedName(strings.ToLower(key))
}
