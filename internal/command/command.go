// Package command is the program: its commands, a file each, with their flags and
// what they put together.
package command

import (
	"fmt"
	"os"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

// Main runs the program with the process's arguments. Version and commit are those
// of a release, empty for what the Go toolchain stamped.
func Main(ofRelease, ofCommit string) {
	version, commit = ofRelease, ofCommit
	if err := commandCalled(os.Args).Execute(); err != nil {
		fmt.Fprintln(os.Stderr, printableLines(tree.Abridged(err).Error()))
		os.Exit(exitStatus(err))
	}
}
