package cluster

import "syscall"

// dieWithParent makes the kernel kill a process when its parent dies, even by
// SIGKILL or a panic of the test binary. A process group of its own keeps a ^C
// at the terminal from it: the parent ends the processes in their order.
func dieWithParent() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
}
