// Growth counts the statements that injection carries out for pods with n and with 2n
// of one thing, alone and in a manifest, by every way that text of a pod gets in, and fails where twice as much
// takes more than twice as many: what is searched again and again allocates nothing, so
// TestWorkGrowsInProportion of pkg/inject does not see it. `make growth` runs it.
package main

import (
	"bufio"
	"bytes"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/coverage"
	"strconv"
	"strings"

	"github.com/outrigger-io/outrigger/deploy/profiles"
	"github.com/outrigger-io/outrigger/internal/podtest"
	"github.com/outrigger-io/outrigger/pkg/inject"
	"github.com/outrigger-io/outrigger/pkg/manifest"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// sizes are those of the pods: hardly anything, n and 2n.
var sizes = []int{1, 1_000, 2_000}

// most is how many times as many statements 2n may take as n: some sorting is in it.
const most = 2.3

func main() {
	counted := flag.String("counted", "", "write what was counted into this folder; the program has to be built for it")
	flag.Parse()
	run := check
	if *counted != "" {
		run = func() error { return count(*counted) }
	}
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "growth:", err)
		os.Exit(1)
	}
}

// check builds this program so that it counts, runs it, and holds the numbers against
// one another.
func check() error {
	dir, err := os.MkdirTemp("", "growth")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	program := filepath.Join(dir, "growth")
	for _, command := range [][]string{
		{"go", "build", "-cover", "-covermode=atomic", "-coverpkg=github.com/outrigger-io/outrigger/pkg/...,github.com/outrigger-io/outrigger/internal/spelling,github.com/outrigger-io/outrigger/test/growth", "-o", program, "./test/growth"},
		{program, "-counted", dir},
	} {
		run := exec.Command(command[0], command[1:]...)
		run.Stdout, run.Stderr = os.Stdout, os.Stderr
		run.Env = append(os.Environ(), "GOCOVERDIR="+dir) // what is counted at its end nobody reads
		if err := run.Run(); err != nil {
			return fmt.Errorf("%s: %w", strings.Join(command[:2], " "), err)
		}
	}
	var steep []string
	for _, profile := range profiles.Names() {
		for i, way := range podtest.Ways {
			var statements [3]float64
			for j := range sizes {
				if statements[j], err = statementsIn(folderOf(dir, profile, i, j)); err != nil {
					return err
				}
			}
			growth := (statements[2] - statements[0]) / max(statements[1]-statements[0], 1)
			fmt.Printf("%-12s %-50s %12.0f %12.0f %6.2f\n", profile, way.Name, statements[1], statements[2], growth)
			// What does not grow at all, such as a refusal, has no exponent.
			if growth > most && statements[2] > 2*statements[0]+10_000 {
				steep = append(steep, fmt.Sprintf("%s, %s: twice as many take %.2f times the work", profile, way.Name, growth))
			}
		}
	}
	if len(steep) > 0 {
		return fmt.Errorf("%s", strings.Join(steep, "\n"))
	}
	return nil
}

func folderOf(dir, profile string, way, size int) string {
	return filepath.Join(dir, fmt.Sprintf("%s-%d-%d", profile, way, size))
}

// count injects each pod, takes the injection off it, injects it in a manifest, and writes how often each
// statement was carried out.
func count(dir string) error {
	for _, profile := range profiles.Names() {
		sources, err := profiles.Get(profile)
		if err != nil {
			return err
		}
		in, err := inject.Compile(sources, inject.Options{Try: true})
		if err != nil {
			return err
		}
		for i, way := range podtest.Ways {
			for j, n := range sizes {
				r := inject.Request{Pod: way.PodOf(n), Namespace: "shop"}
				if way.Path != nil {
					r.Params = inject.ParsePath(way.Path(n))
				}
				if err := coverage.ClearCounters(); err != nil {
					return err
				}
				_, _ = in.Inject(r)
				_, _ = inject.Uninject(r.Pod, nil)
				_ = injectManifest(in, r)
				to := folderOf(dir, profile, i, j)
				if err := os.Mkdir(to, 0o755); err != nil {
					return err
				}
				if err := coverage.WriteMetaDir(to); err != nil {
					return err
				}
				if err := coverage.WriteCountersDir(to); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// injectManifest injects the pod as a manifest of one line, whose text is edited.
func injectManifest(in *inject.Injector, r inject.Request) error {
	manifestOf := []byte(`{"apiVersion":"v1","kind":"Pod",` + string(bytes.TrimLeft(r.Pod, "{ \n")))
	return manifest.Rewrite(io.Discard, bytes.NewReader(manifestOf), manifest.Options{}, func(manifest.Workload) (tree.Patch, error) {
		result, err := in.Inject(r)
		if err != nil {
			return nil, err
		}
		return result.Patch, nil
	})
}

// statementsIn adds up what a folder says: of each block its statements, times how
// often it was carried out.
func statementsIn(folder string) (sum float64, err error) {
	profile := filepath.Join(folder, "profile")
	if out, err := exec.Command("go", "tool", "covdata", "textfmt", "-i", folder, "-o", profile).CombinedOutput(); err != nil {
		return 0, fmt.Errorf("%w: %s", err, out)
	}
	text, err := os.ReadFile(profile)
	if err != nil {
		return 0, err
	}
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) != 3 {
			continue
		}
		statements, errS := strconv.ParseFloat(fields[1], 64)
		times, errT := strconv.ParseFloat(fields[2], 64)
		if errS == nil && errT == nil {
			sum += statements * times
		}
	}
	return sum, nil
}
