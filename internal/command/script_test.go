package command

import (
	"errors"
	"flag"
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "write the outputs that scripts compare with anew")

func TestMain(m *testing.M) {
	run := func() { Main("", "") }
	testscript.Main(m, map[string]func(){
		"outrigger":        run,
		pluginName:         run,
		pluginCompleteName: run,
	})
}

// TestScripts runs the scripts in testdata/script, which are the commands'
// documentation by example.
func TestScripts(t *testing.T) {
	action, err := filepath.Abs("../../packaging/github-action")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script", UpdateScripts: *update,
		Setup: func(env *testscript.Env) error {
			env.Setenv("ACTION", action)
			return nil
		},
		Condition: func(name string) (bool, error) {
			if name == "hangup" {
				return hangupEnds, nil
			}
			return false, fmt.Errorf("there is no condition %q", name)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits},
	})
}

// exits is the script command "exits STATUS PROGRAM ...", which looks at the very
// exit status.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits STATUS PROGRAM ...")
	}
	status := 0
	if exit, ok := errors.AsType[*exec.ExitError](ts.Exec(args[1], args[2:]...)); ok {
		status = exit.ExitCode()
	}
	if want := args[0]; strconv.Itoa(status) != want {
		ts.Fatalf("it exited with %d, want %s", status, want)
	}
}
