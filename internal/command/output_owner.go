//go:build unix

package command

import (
	"io/fs"
	"os"
	"syscall"
)

// keepOwner gives a file the owner and the group of another, as far as that is
// allowed: root may do all of it, others may choose among their groups.
func keepOwner(file *os.File, of fs.FileInfo) {
	owner, ok := of.Sys().(*syscall.Stat_t)
	if !ok {
		return
	}
	if file.Chown(int(owner.Uid), int(owner.Gid)) != nil {
		_ = file.Chown(-1, int(owner.Gid))
	}
}
