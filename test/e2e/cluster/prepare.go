package cluster

import (
	"bytes"
	"embed"
	"fmt"
	"io/fs"
	"os"

	"k8s.io/client-go/tools/clientcmd/api"
)

// user is a client of the API server that gets a kubeconfig.
type user struct {
	file   string
	name   string
	groups []string
}

// Kubernetes has RBAC roles for its own components by these names. kwok acts in
// the place of every node, which no role allows to one user.
var (
	administrator     = user{file: "admin", name: "admin", groups: []string{"system:masters"}}
	controllerManager = user{file: "kube-controller-manager", name: "system:kube-controller-manager"}
	scheduler         = user{file: "kube-scheduler", name: "system:kube-scheduler"}
	kwok              = user{file: "kwok", name: "kwok", groups: []string{"system:masters"}}
)

//go:embed audit-policy.yaml
var auditPolicy []byte

//go:embed stages/*.yaml
var stages embed.FS

// prepare makes the folders, keys, kubeconfigs and settings that the components
// read when they start.
func (l layout) prepare(apiServer string) error {
	for _, dir := range []string{l.logs(), l.keys(), l.settings()} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
	}
	allStages, err := joinStages()
	if err != nil {
		return err
	}
	authority, err := newAuthority()
	if err != nil {
		return err
	}
	serving, err := authority.forServer()
	if err != nil {
		return err
	}
	_, serviceAccountKey, err := newKey()
	if err != nil {
		return err
	}
	for _, file := range []struct {
		path string
		data []byte
	}{
		{l.auditPolicy(), auditPolicy},
		{l.egress(), egress(l.network())},
		{l.stages(), allStages},
		{l.authority(), authority.pem()},
		{l.authorityKey(), authority.keyPEM},
		{l.server(), serving.certificate},
		{l.serverKey(), serving.key},
		{l.serviceAccountKey(), serviceAccountKey},
	} {
		if err := os.WriteFile(file.path, file.data, 0o600); err != nil {
			return err
		}
	}
	for _, u := range []user{administrator, controllerManager, scheduler, kwok} {
		identity, err := authority.forClient(u.name, u.groups...)
		if err != nil {
			return err
		}
		if err := writeKubeconfig(l.kubeconfig(u), apiServer, authority.pem(), u.name, &api.AuthInfo{
			ClientCertificateData: identity.certificate, ClientKeyData: identity.key,
		}); err != nil {
			return err
		}
	}
	return nil
}

// joinStages makes one file of stages/, as kwok wants it.
func joinStages() ([]byte, error) {
	names, err := fs.Glob(stages, "stages/*.yaml")
	if err != nil {
		return nil, err
	}
	var all [][]byte
	for _, name := range names {
		stage, err := stages.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("read the stages of kwok: %w", err)
		}
		all = append(all, stage)
	}
	return bytes.Join(all, []byte("\n---\n")), nil
}
