// Skipped reads what `go test -json` prints and shows what `go test` would have
// shown of it. It ends with a line that says how many tests were skipped and why,
// which `go test` itself keeps to itself: a run that lacks something looks like one
// that passed.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
)

func main() {
	if err := show(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "skipped:", err)
		os.Exit(1)
	}
}

// event is one of those that `go doc test2json` tells of.
type event struct {
	Action, Package, ImportPath, Test, Output string
}

// test names one that runs.
type test struct{ pkg, name string }

func show(in io.Reader, out io.Writer) error {
	printed := map[test]string{}
	skipped := map[string]int{} // by reason
	lines := bufio.NewReader(in)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) == 0 && err == io.EOF {
			_, err := io.WriteString(out, summary(skipped))
			return err
		}
		if err != nil && err != io.EOF {
			return err
		}
		var e event
		if json.Unmarshal(line, &e) != nil {
			e = event{Output: string(line)} // what go test says before any test
		}
		of := test{e.Package, e.Test}
		show := ""
		switch {
		case e.Test == "" && e.Output != "PASS\n" && !strings.Contains(e.Output, "[no test files]"):
			show = e.Output
		case e.Test == "":
		case e.Action == "output":
			printed[of] += e.Output
		case e.Action == "skip":
			skipped[reason(printed[of])]++
			delete(printed, of)
		case e.Action == "pass":
			delete(printed, of)
		case e.Action == "fail":
			show = printed[of]
			delete(printed, of)
		}
		if _, err := io.WriteString(out, show); err != nil {
			return err
		}
	}
}

var message = regexp.MustCompile(`(?m)^ +[^ :]+\.go:\d+: (?:SKIPPED: )?(.*)$`)

// reason is what a test last logged before it skipped.
func reason(printed string) string {
	all := message.FindAllStringSubmatch(printed, -1)
	if len(all) == 0 {
		return "no reason given"
	}
	return all[len(all)-1][1]
}

// summary is empty where no test was skipped.
func summary(skipped map[string]int) string {
	all := 0
	var reasons []string
	for why, n := range skipped {
		all += n
		reasons = append(reasons, fmt.Sprintf("%d: %s", n, why))
	}
	if all == 0 {
		return ""
	}
	slices.Sort(reasons)
	return fmt.Sprintf("%d tests were skipped (%s)\n", all, strings.Join(reasons, "; "))
}
