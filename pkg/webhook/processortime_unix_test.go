//go:build unix

package webhook

import (
	"syscall"
	"time"
)

// processorTime is what this process has had so far, its garbage collection included:
// unlike the clock, it does not run while the machine does other work.
func processorTime() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		panic(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
