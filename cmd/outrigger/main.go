// Command outrigger puts the mesh's sidecar into pods: as an admission webhook, and in
// manifests with no cluster in reach.
package main

import "github.com/outrigger-io/outrigger/internal/command"

// version and commit are set by the linker.
var version, commit string

func main() { command.Main(version, commit) }
