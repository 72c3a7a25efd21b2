package textfile_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/outrigger-io/outrigger/pkg/textfile"
)

func TestRead(t *testing.T) {
	name := filepath.Join(t.TempDir(), "small")
	if err := os.WriteFile(name, []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	if text, err := textfile.Read(name, "note"); err != nil || string(text) != "text" {
		t.Errorf("%q, %v", text, err)
	}
	if _, err := textfile.Read(name+"er", "note"); !os.IsNotExist(err) {
		t.Errorf("of no file: %v", err)
	}
	if runtime.GOOS == "windows" {
		return
	}
	if _, err := textfile.Read("/dev/zero", "note"); err == nil || err.Error() != "/dev/zero: it is larger than 64 MiB, which no note is" {
		t.Errorf("of one without end: %v", err)
	}
}

func TestReadFrom(t *testing.T) {
	if text, err := textfile.ReadFrom(strings.NewReader("text"), "stdin", "note"); err != nil || string(text) != "text" {
		t.Errorf("%q, %v", text, err)
	}
}
