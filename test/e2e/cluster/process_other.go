//go:build unix && !linux

package cluster

import "syscall"

// dieWithParent can promise nothing here: only Linux tells a process that its
// parent died, so a killed test leaves its control plane behind. The process
// group keeps a ^C at the terminal from it, as on Linux.
func dieWithParent() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}
