// Command render prints the chart's manifests, as helm template does, where
// there is no helm.
package main

import (
	"flag"
	"fmt"
	"os"

	"sigs.k8s.io/yaml"

	"github.com/outrigger-io/outrigger/test/chart"
)

func main() {
	name := flag.String("name", "outrigger", "name of the release")
	namespace := flag.String("namespace", "outrigger-system", "namespace of the release")
	values := flag.String("values", "", "file with values, - for standard input")
	flag.Parse()
	if err := render(chart.Release{Name: *name, Namespace: *namespace}, *values); err != nil {
		fmt.Fprintln(os.Stderr, "render:", err)
		os.Exit(1)
	}
}

func render(r chart.Release, values string) error {
	if values == "-" {
		values = "/dev/stdin"
	}
	if values != "" {
		text, err := os.ReadFile(values)
		if err != nil {
			return err
		}
		if err := yaml.UnmarshalStrict(text, &r.Values); err != nil {
			return fmt.Errorf("%s: %w", values, err)
		}
	}
	rendered, err := chart.Render(r)
	if err != nil {
		return err
	}
	_, err = os.Stdout.Write(rendered.YAML())
	return err
}
