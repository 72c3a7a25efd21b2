// Plot draws the figures of docs/performance.md from the output of benchmarks on
// standard input. README.md in the folder above has the command.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/perf/benchfmt"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/plotutil"
	"gonum.org/v1/plot/vg"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: go test -bench ... | plot FOLDER")
		os.Exit(1)
	}
	if err := run(os.Stdin, os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "plot:", err)
		os.Exit(1)
	}
}

func run(r io.Reader, folder string) error {
	results, err := read(r)
	if err != nil {
		return err
	}
	return errors.Join(
		plotSizes(results, filepath.Join(folder, "cost-by-size.svg")),
		plotCores(results, filepath.Join(folder, "throughput-by-cores.svg")),
	)
}

// result is the median of a benchmark's runs, by unit.
type result struct {
	name   string // without "Benchmark" and the number of cores
	cores  string
	values map[string]float64
}

func read(r io.Reader) ([]result, error) {
	type key struct{ name, cores string }
	runs := map[key]map[string][]float64{}
	var order []key
	reader := benchfmt.NewReader(r, "standard input")
	for reader.Scan() {
		run, ok := reader.Result().(*benchfmt.Result)
		if !ok {
			continue
		}
		name, parts := run.Name.Parts()
		k := key{name: string(name), cores: "1"}
		for _, part := range parts {
			if cores, ok := strings.CutPrefix(string(part), "-"); ok {
				k.cores = cores
			} else {
				k.name += string(part)
			}
		}
		if runs[k] == nil {
			runs[k] = map[string][]float64{}
			order = append(order, k)
		}
		for _, v := range run.Values {
			unit, value := v.Unit, v.Value
			if v.OrigUnit != "" {
				unit, value = v.OrigUnit, v.OrigValue
			}
			runs[k][unit] = append(runs[k][unit], value)
		}
	}
	var results []result
	for _, k := range order {
		medians := map[string]float64{}
		for unit, values := range runs[k] {
			slices.Sort(values)
			medians[unit] = values[len(values)/2]
		}
		results = append(results, result{k.name, k.cores, medians})
	}
	return results, reader.Err()
}

// plotSizes draws time against size on scales where a cost in proportion to the
// size is a line at 45 degrees.
func plotSizes(results []result, file string) error {
	lines := map[string]plotter.XYs{}
	for _, r := range results {
		parts := strings.Split(r.name, "/")
		if parts[0] != "PodSize" || !strings.Contains(parts[1], "x") {
			continue // one long text is another shape than many containers
		}
		lines[parts[2]] = append(lines[parts[2]], plotter.XY{X: r.values["KB"], Y: r.values["ns/op"] / 1e6})
	}
	p := newPlot("Cost of one pod by its size", "KB of the pod", "ms")
	p.X.Scale, p.Y.Scale = plot.LogScale{}, plot.LogScale{}
	p.X.Tick.Marker, p.Y.Tick.Marker = plot.LogTicks{Prec: -1}, plot.LogTicks{Prec: -1}
	p.Legend.Top, p.Legend.Left = true, true
	var named []any
	for _, name := range []string{"first-sight", "replica"} {
		if len(lines[name]) == 0 {
			return fmt.Errorf("no benchmark PodSize/*/%s in the input", name)
		}
		slices.SortFunc(lines[name], func(a, b plotter.XY) int { return int(a.X - b.X) })
		named = append(named, strings.ReplaceAll(name, "-", " "), lines[name])
	}
	if err := plotutil.AddLinePoints(p, named...); err != nil {
		return err
	}
	first := lines["first-sight"]
	last := first[len(first)-1]
	proportional, err := plotter.NewLine(plotter.XYs{{X: last.X / 300, Y: last.Y / 300}, last})
	if err != nil {
		return err
	}
	proportional.Dashes = plotutil.Dashes(1)
	p.Add(plotter.NewGrid(), proportional)
	p.Legend.Add("in proportion", proportional)
	return p.Save(6*vg.Inch, 4*vg.Inch, file)
}

func plotCores(results []result, file string) error {
	var rates plotter.Values
	var cores []string
	for _, r := range results {
		if r.name == "Throughput" {
			rates, cores = append(rates, r.values["reviews/s"]), append(cores, r.cores)
		}
	}
	if len(rates) == 0 {
		return errors.New("no benchmark Throughput in the input")
	}
	p := newPlot("Reviews a second by cores, replicas, through the handler", "cores", "reviews/s")
	p.Y.Min = 0
	bars, err := plotter.NewBarChart(rates, 50*vg.Points(1))
	if err != nil {
		return err
	}
	bars.Color = plotutil.Color(2)
	p.Add(plotter.NewGrid(), bars)
	p.NominalX(cores...)
	p.X.Min, p.X.Max = -0.6, float64(len(rates))-0.4
	return p.Save(6*vg.Inch, 4*vg.Inch, file)
}

func newPlot(title, x, y string) *plot.Plot {
	p := plot.New()
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = title, x, y
	p.Title.Padding = 3 * vg.Millimeter
	p.X.Label.Padding, p.Y.Label.Padding = 2*vg.Millimeter, 2*vg.Millimeter
	p.Legend.Padding = vg.Millimeter
	return p
}
