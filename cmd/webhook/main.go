// Command outrigger puts the mesh's sidecar into pods: as an admission webhook,
// and in manifests with no cluster in reach.
package main

import (
	"fmt"
	"os"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

func main() {
	if err := commandCalled(os.Args).Execute(); err != nil {
		fmt.Fprintln(os.Stderr, printableLines(tree.Abridged(err).Error()))
		os.Exit(exitStatus(err))
	}
}
