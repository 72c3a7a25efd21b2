package command

import (
	"fmt"
	"os"
	"time"

	"k8s.io/client-go/tools/clientcmd"

	"github.com/outrigger-io/outrigger/pkg/cluster"
	"github.com/outrigger-io/outrigger/pkg/textfile"
)

// asKubectl reaches the cluster that kubectl would, for a command that looks and is
// done. A file and a context count more where they are given. namespace is the
// context's.
func asKubectl(file, context string) (c cluster.Client, namespace string, err error) {
	if err := checkKubeconfig(file); err != nil {
		return nil, "", err
	}
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

// checkKubeconfig refuses a device without end: who reads a kubeconfig reads all of it.
func checkKubeconfig(file string) error {
	info, err := os.Stat(file)
	if err != nil || info.Mode()&os.ModeDevice == 0 {
		return nil // of what is wrong with a file its reader tells
	}
	_, err = textfile.Read(file, "kubeconfig")
	return err
}

func loaderOf(file, context string) clientcmd.ClientConfig {
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.ExplicitPath = file
	return clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, &clientcmd.ConfigOverrides{CurrentContext: context})
}
