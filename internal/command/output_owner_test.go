//go:build unix

package command

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestOutputKeepsOwner: a file that is written anew stays its owner's, which is only
// seen as root. To everybody else it stays their own.
func TestOutputKeepsOwner(t *testing.T) {
	file := filepath.Join(t.TempDir(), "out.yaml")
	if err := os.WriteFile(file, []byte("before"), 0o640); err != nil {
		t.Fatal(err)
	}
	uid, gid := os.Getuid(), os.Getgid()
	if uid == 0 {
		uid, gid = 1234, 2345
		if err := os.Chown(file, uid, gid); err != nil {
			t.Fatal(err)
		}
	}
	if err := writeWhole(file, []byte("after")); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	if owner := info.Sys().(*syscall.Stat_t); int(owner.Uid) != uid || int(owner.Gid) != gid || info.Mode().Perm() != 0o640 {
		t.Errorf("it belongs to %d:%d with mode %v, want %d:%d with 0640", owner.Uid, owner.Gid, info.Mode(), uid, gid)
	}
	if text, err := os.ReadFile(file); err != nil || string(text) != "after" {
		t.Errorf("it holds %q (%v)", text, err)
	}
}
