package cluster

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// asParent makes this test binary the parent that TestProcessDiesWithItsParent kills.
const asParent = "OUTRIGGER_E2E_PARENT_LOGS"

func TestMain(m *testing.M) {
	if logs := os.Getenv(asParent); logs != "" {
		parent(logs)
	}
	os.Exit(m.Run())
}

// parent starts a process, prints its number and then never ends by itself.
func parent(logs string) {
	ex, err := execute(Program{Path: "/bin/sleep", Args: []string{"600"}}, logs+"/sleep.log")
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println(ex.command.Process.Pid)
	<-ex.ended
}

func TestProcessDiesWithItsParent(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command(self)
	command.Env = append(os.Environ(), asParent+"="+t.TempDir())
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	child := strings.TrimSpace(line)
	if !runs(t, child) {
		t.Fatalf("the process %s does not run", child)
	}

	if err := command.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = command.Wait() // says that it was killed
	for deadline := time.Now().Add(time.Minute); runs(t, child); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("the process %s outlives its killed parent", child)
		}
	}
}

// runs tells whether a process is there and more than a zombie.
func runs(t *testing.T, pid string) bool {
	t.Helper()
	stat, err := os.ReadFile("/proc/" + pid + "/stat")
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ESRCH) {
		return false
	}
	if err != nil {
		t.Fatal(err)
	}
	// The state follows the name, which ends with the last parenthesis.
	return !bytes.HasPrefix(stat[bytes.LastIndexByte(stat, ')')+1:], []byte(" Z"))
}
