package podmerge

import (
	"math"
	"reflect"

	corev1 "k8s.io/api/core/v1"
)

var ofVolumes = map[reflect.Type]byField{
	reflect.TypeFor[corev1.SecretVolumeSource]():            {"secretName": needed, "defaultMode": fileMode},
	reflect.TypeFor[corev1.ConfigMapVolumeSource]():         {"name": needed, "defaultMode": fileMode},
	reflect.TypeFor[corev1.DownwardAPIVolumeSource]():       {"defaultMode": fileMode},
	reflect.TypeFor[corev1.ProjectedVolumeSource]():         {"defaultMode": fileMode, "sources": {rule: pathsDiffer}},
	reflect.TypeFor[corev1.DownwardAPIVolumeFile]():         {"path": named(inFolder), "mode": fileMode, "fieldRef": {rule: fieldIn(fieldsOfFiles...)}, "resourceFieldRef": {rule: firstOf(saysContainer, divisorFits)}},
	reflect.TypeFor[corev1.KeyToPath]():                     {"key": needed, "path": named(forward), "mode": fileMode}, // injectors let absolute ones pass
	reflect.TypeFor[corev1.ServiceAccountTokenProjection](): {"path": named(inFolder), "expirationSeconds": from(600, math.MaxUint32)},
	reflect.TypeFor[corev1.ConfigMapProjection]():           {"name": needed},
	reflect.TypeFor[corev1.SecretProjection]():              {"name": needed},
	reflect.TypeFor[corev1.ClusterTrustBundleProjection]():  {"path": named(inFolder), "signerName": texts(signerName)},
	reflect.TypeFor[corev1.PodCertificateProjection]():      {"signerName": named(signerName), "keyType": named(certificateKey), "": {rule: certificateGoesSomewhere}},
	reflect.TypeFor[corev1.EmptyDirVolumeSource]():          {"sizeLimit": {rule: notNegative}},
	reflect.TypeFor[corev1.ImageVolumeSource]():             {"reference": needed},

	reflect.TypeFor[corev1.PersistentVolumeClaimVolumeSource](): {"claimName": needed},
	reflect.TypeFor[corev1.HostPathVolumeSource]():              {"path": named(forward)},
	reflect.TypeFor[corev1.CSIVolumeSource]():                   {"driver": named(checkSubdomain)},
	reflect.TypeFor[corev1.NFSVolumeSource]():                   {"server": needed, "path": named(absolute)},
	reflect.TypeFor[corev1.EphemeralVolumeSource]():             {"volumeClaimTemplate": needed},
	reflect.TypeFor[corev1.PersistentVolumeClaimSpec]():         {"accessModes": needed, "": {rule: asksForStorage}},

	reflect.TypeFor[corev1.AWSElasticBlockStoreVolumeSource](): {"volumeID": needed},
	reflect.TypeFor[corev1.AzureFileVolumeSource]():            {"secretName": needed, "shareName": needed},
	reflect.TypeFor[corev1.CephFSVolumeSource]():               {"monitors": needed},
	reflect.TypeFor[corev1.CinderVolumeSource]():               {"volumeID": needed},
	reflect.TypeFor[corev1.FlexVolumeSource]():                 {"driver": needed},
	reflect.TypeFor[corev1.GCEPersistentDiskVolumeSource]():    {"pdName": needed},
	reflect.TypeFor[corev1.GitRepoVolumeSource]():              {"repository": needed, "directory": texts(below)},
	reflect.TypeFor[corev1.GlusterfsVolumeSource]():            {"endpoints": needed, "path": needed},
	reflect.TypeFor[corev1.PhotonPersistentDiskVolumeSource](): {"pdID": needed},
	reflect.TypeFor[corev1.PortworxVolumeSource]():             {"volumeID": needed},
	reflect.TypeFor[corev1.RBDVolumeSource]():                  {"monitors": needed, "image": needed},
	reflect.TypeFor[corev1.ScaleIOVolumeSource]():              {"gateway": needed, "system": needed, "volumeName": needed},
	reflect.TypeFor[corev1.VsphereVirtualDiskVolumeSource]():   {"volumePath": needed},
}
