package rule

import (
	"strings"
	"testing"
)

// TestUserVolumes has shapes in which the annotations for volumes and mounts come.
func TestUserVolumes(t *testing.T) {
	for _, c := range []struct{ key, value, want string }{
		{userVolumeKey, ``, ""},
		{userVolumeKey, `{}`, ""},
		{userVolumeKey, `{"tls":{"secret":{"secretName":"s"}},"scratch":{"emptyDir":{}}}`, ""},
		{userVolumeKey, `[{"name":"tls","secret":{"secretName":"s"}},{"emptyDir":{}}]`, ""},
		{userVolumeKey, `null`, "an object of volumes by name, or a list of them, is wanted, not null"},
		{userVolumeKey, `"tls"`, `is wanted, not the string "tls"`},
		{userVolumeKey, `7`, "is wanted, not 7"},
		{userVolumeKey, `tls: {}`, "it is no JSON: "},
		{userVolumeKey, `{"tls":{}} {}`, "it is no JSON: "},
		{userVolumeKey, `["tls"]`, `volume "0": an object is wanted, not the string "tls"`},
		{userVolumeKey, `{"a":null,"b":[]}`, "volume \"a\": an object is wanted, not null\nvolume \"b\": an object is wanted, not a list"},
		{userVolumeKey, `{"tls":{"secret":[]}}`, "volume[tls].secret: an object is wanted, not a list"},
		{userVolumeKey, `{"tls":{"secrets":{}}}`, `volume[tls].secrets: Kubernetes has no such field; the nearest is "secret"`},
		{userVolumeKey, `{"tls":{"emptyDir":{},"secret":{"secretName":"s"}}}`, "volume[tls]: emptyDir and secret are set"},
		{userVolumeKey, `[{"name":"tls"},{"name":"tls"}]`, "volume[tls]: the pod has two volumes of that name"},
		{userVolumeKey, `{"A B":{}}`, `volume["A B"].name: "A B": a lowercase RFC 1123 label must`},
		{userVolumeMountKey, `{"tls":{"mountPath":"/tls","readOnly":true}}`, ""},
		{userVolumeMountKey, `[{"name":"tls","mountPath":"/tls"}]`, ""},
		{userVolumeMountKey, `[]`, ""},
		{userVolumeMountKey, `{"tls":"/tls"}`, `mount "tls": an object is wanted, not the string "/tls"`},
		{userVolumeMountKey, `{"tls":{}}`, "mount[0].mountPath: it is missing"},
		{userVolumeMountKey, `{"tls":{"mountPath":"/tls","readOnly":"true"}}`, "mount[/tls].readOnly: a boolean is wanted"},
		{userVolumeMountKey, `true`, "an object of mounts by name, or a list of them, is wanted, not true"},
	} {
		err := CurrentChecks[c.key](c.value)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s %s: %v, want %q", c.key, c.value, err, c.want)
		}
	}
}
