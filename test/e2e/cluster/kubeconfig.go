package cluster

import (
	"fmt"

	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"
)

// writeKubeconfig writes a kubeconfig that holds all a client needs, so that
// the file can be copied anywhere on this machine.
func writeKubeconfig(path, server string, authority []byte, user string, identity pair) error {
	const name = "outrigger-e2e"
	err := clientcmd.WriteToFile(api.Config{
		CurrentContext: name,
		Contexts:       map[string]*api.Context{name: {Cluster: name, AuthInfo: user}},
		Clusters:       map[string]*api.Cluster{name: {Server: server, CertificateAuthorityData: authority}},
		AuthInfos: map[string]*api.AuthInfo{
			user: {ClientCertificateData: identity.certificate, ClientKeyData: identity.key},
		},
	}, path)
	if err != nil {
		return fmt.Errorf("write the kubeconfig of %s: %w", user, err)
	}
	return nil
}
