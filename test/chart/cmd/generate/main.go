// Command generate writes the plain manifests and the chart's README anew.
package main

import (
	"fmt"
	"os"

	"github.com/outrigger-io/outrigger/test/chart"
)

func main() {
	if err := chart.Generate(); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}
