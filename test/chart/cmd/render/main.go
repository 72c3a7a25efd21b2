// Command render prints the chart's manifests, as helm template does, where
// there is no helm. With -every-option it writes them for every installation that
// the chart's tests go over, a file each.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"sigs.k8s.io/yaml"

	"github.com/outrigger-io/outrigger/test/chart"
)

func main() {
	name := flag.String("name", "outrigger", "name of the release")
	namespace := flag.String("namespace", "outrigger-system", "namespace of the release")
	values := flag.String("values", "", "file with values, - for standard input")
	every := flag.String("every-option", "", "folder to write the manifests of every tested installation to, hooks included")
	flag.Parse()
	if *every != "" {
		if err := renderOptions(*every); err != nil {
			fmt.Fprintln(os.Stderr, "render:", err)
			os.Exit(1)
		}
		return
	}
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

func renderOptions(dir string) error {
	for name, r := range chart.Options {
		rendered, err := chart.Render(r)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		rendered.Manifests = append(rendered.Manifests, rendered.Hooks...)
		if err := os.WriteFile(filepath.Join(dir, name+".yaml"), rendered.YAML(), 0o644); err != nil {
			return err
		}
	}
	return nil
}
