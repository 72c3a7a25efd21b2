package cluster

import (
	"fmt"

	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"
)

// WriteKubeconfig writes a kubeconfig for the bearer of a token.
func (c *Cluster) WriteKubeconfig(path, user, token string) error {
	return writeKubeconfig(path, c.config.Host, c.config.CAData, user, &api.AuthInfo{Token: token})
}

// writeKubeconfig writes a kubeconfig that holds all a client needs, so that
// the file can be copied anywhere on this machine.
func writeKubeconfig(path, server string, authority []byte, user string, credentials *api.AuthInfo) error {
	const name = "outrigger-e2e"
	err := clientcmd.WriteToFile(api.Config{
		CurrentContext: name,
		Contexts:       map[string]*api.Context{name: {Cluster: name, AuthInfo: user}},
		Clusters:       map[string]*api.Cluster{name: {Server: server, CertificateAuthorityData: authority}},
		AuthInfos:      map[string]*api.AuthInfo{user: credentials},
	}, path)
	if err != nil {
		return fmt.Errorf("write the kubeconfig of %s: %w", user, err)
	}
	return nil
}
