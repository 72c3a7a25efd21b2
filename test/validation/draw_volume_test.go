package validation

// volumeSources has one of each kind of volume.
var volumeSources = map[string]object{
	"awsElasticBlockStore": {"volumeID": "v"},
	"azureDisk":            {"diskName": "d", "diskURI": "https://a.blob.core.windows.net/d.vhd"},
	"azureFile":            {"secretName": "s", "shareName": "h"},
	"cephfs":               {"monitors": []any{"m"}},
	"cinder":               {"volumeID": "v"},
	"configMap":            {"name": "c", "defaultMode": 256, "items": []any{object{"key": "k", "path": "p", "mode": 256}}},
	"csi":                  {"driver": "csi.example.com"},
	"downwardAPI":          {"items": []any{object{"path": "l", "fieldRef": object{"fieldPath": "metadata.labels"}}}},
	"emptyDir":             {"sizeLimit": "1Gi"},
	"ephemeral": {"volumeClaimTemplate": object{"spec": object{
		"accessModes": []any{"ReadWriteOnce"}, "resources": object{"requests": object{"storage": "1Gi"}},
	}}},
	"fc":                    {"targetWWNs": []any{"w"}, "lun": 1},
	"flexVolume":            {"driver": "d/e"},
	"flocker":               {"datasetName": "d"},
	"gcePersistentDisk":     {"pdName": "p"},
	"gitRepo":               {"repository": "r"},
	"glusterfs":             {"endpoints": "e", "path": "p"},
	"hostPath":              {"path": "/p"},
	"image":                 {"reference": "image:1"},
	"iscsi":                 {"targetPortal": "1.2.3.4:3260", "iqn": "iqn.2001-04.com.example:storage", "lun": 0},
	"nfs":                   {"server": "s", "path": "/p"},
	"persistentVolumeClaim": {"claimName": "c"},
	"photonPersistentDisk":  {"pdID": "p"},
	"portworxVolume":        {"volumeID": "v"},
	"projected":             {"sources": []any{object{"secret": object{"name": "s"}}, object{"serviceAccountToken": object{"path": "t"}}}},
	"quobyte":               {"registry": "r:1", "volume": "v"},
	"rbd":                   {"monitors": []any{"m"}, "image": "i"},
	"scaleIO":               {"gateway": "g", "system": "s", "secretRef": object{"name": "s"}, "volumeName": "v"},
	"secret":                {"secretName": "s"},
	"storageos":             {"volumeName": "v", "volumeNamespace": "n"},
	"vsphereVolume":         {"volumePath": "p"},
}

func (d drawer) volume(name string) object {
	kinds := sorted(volumeSources)
	k := d.of("kind of volume", anySlice(kinds)...).(string)
	return object{"name": name, k: volumeSources[k]}
}

func anySlice(texts []string) []any {
	list := make([]any, len(texts))
	for i, text := range texts {
		list[i] = text
	}
	return list
}
