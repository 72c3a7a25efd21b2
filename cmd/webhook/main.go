// Command webhook is command outrigger, by the name that it had before.
package main

import "github.com/outrigger-io/outrigger/internal/command"

// version and commit are set by the linker.
var version, commit string

func main() { command.Main(version, commit) }
