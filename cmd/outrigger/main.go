// Command outrigger is the program, by the name that it should have after a go install.
package main

import "github.com/outrigger-io/outrigger/internal/command"

// version and commit are set by the linker.
var version, commit string

func main() { command.Main(version, commit) }
