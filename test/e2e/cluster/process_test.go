package cluster

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// shell makes a program of a shell script that has set its traps by the time it
// counts as ready.
func shell(dir, traps, rest string) Program {
	up := filepath.Join(dir, "up")
	return Program{
		Name: "script",
		Path: "/bin/sh",
		Args: []string{"-c", traps + "\necho life\ntouch \"$UP\"\n" + rest},
		Env:  []string{"UP=" + up},
		Ready: func(context.Context) error {
			// Taken away, so that the next life is not ready before its time.
			return os.Remove(up)
		},
	}
}

const forever = "while :; do sleep 0.05; done"

func TestProcessIsEndedAndStartedAgain(t *testing.T) {
	tests := []struct {
		name  string
		traps string
		rest  string
		end   func(*Process) error
		want  string // in the error of end; "" for no error
	}{
		{"stopped by the signal", "", "exec sleep 600", (*Process).Stop, ""},
		{"stopped and tidies up", "trap 'exit 0' TERM", forever, (*Process).Stop, ""},
		{"stopped and fails at it", "trap 'echo went wrong; exit 3' TERM", forever, (*Process).Stop, "exit status 3"},
		{"the error shows the log", "trap 'echo went wrong; exit 3' TERM", forever, (*Process).Stop, "went wrong"},
		{"killed, deaf to signals", "trap '' TERM", forever, (*Process).Kill, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			process := newProcess(shell(dir, tt.traps, tt.rest), dir)
			for range 2 {
				if err := process.Start(t.Context()); err != nil {
					t.Fatal(err)
				}
				if err := process.Start(t.Context()); err == nil {
					t.Error("a running process was started once more")
				}
				checkError(t, tt.end(process), tt.want)
				checkError(t, process.Stop(), "")
			}
			log, err := os.ReadFile(process.Log())
			if err != nil {
				t.Fatal(err)
			}
			if lives := strings.Count(string(log), "life\n"); lives != 2 {
				t.Errorf("the log tells of %d lives, want 2:\n%s", lives, log)
			}
		})
	}
}

func TestProcessThatEndsByItself(t *testing.T) {
	t.Run("before it is ready", func(t *testing.T) {
		program := Program{
			Name:  "script",
			Path:  "/bin/sh",
			Args:  []string{"-c", "echo no such flag; exit 4"},
			Ready: func(context.Context) error { return errors.New("nobody answers") },
		}
		err := newProcess(program, t.TempDir()).Start(t.Context())
		checkError(t, err, "exit status 4")
		checkError(t, err, "no such flag")
	})
	t.Run("later", func(t *testing.T) {
		dir := t.TempDir()
		process := newProcess(shell(dir, "", "exit 5"), dir)
		if err := process.Start(t.Context()); err != nil {
			// It may have ended while it was asked whether it is ready.
			checkError(t, err, "exit status 5")
			return
		}
		<-process.current.ended
		checkError(t, process.Stop(), "had ended by itself (exit status 5)")
	})
}

func TestProcessThatNeverGetsReady(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	program := Program{
		Name:  "script",
		Path:  "/bin/sh",
		Args:  []string{"-c", "exec sleep 600"},
		Ready: func(context.Context) error { return errors.New("nobody answers") },
	}
	checkError(t, newProcess(program, t.TempDir()).Start(ctx), "nobody answers")
}

func checkError(t *testing.T, err error, want string) {
	t.Helper()
	if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
		t.Errorf("the error is %v, want %q in it", err, want)
	}
}
