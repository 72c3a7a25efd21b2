package command

import (
	"fmt"
	"time"

	"k8s.io/client-go/tools/clientcmd"

	"github.com/outrigger-io/outrigger/pkg/cluster"
)

// asKubectl reaches the cluster that kubectl would, for a command that looks and is
// done. A file and a context count more where they are given. namespace is the
// context's.
func asKubectl(file, context string) (c cluster.Client, namespace string, err error) {
	loader := loaderOf(file, context)
	config, err := loader.ClientConfig()
	if err != nil {
		return nil, "", fmt.Errorf("reaching the cluster: %w", err)
	}
	if namespace, _, err = loader.Namespace(); err != nil {
		return nil, "", fmt.Errorf("reaching the cluster: %w", err)
	}
	config.UserAgent = "outrigger/" + thisBuild().Version
	config.Timeout = 20 * time.Second
	if c, err = cluster.NewClient(config); err != nil {
		return nil, "", fmt.Errorf("reaching the cluster: %w", err)
	}
	return c, namespace, nil
}

func loaderOf(file, context string) clientcmd.ClientConfig {
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.ExplicitPath = file
	return clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, &clientcmd.ConfigOverrides{CurrentContext: context})
}
