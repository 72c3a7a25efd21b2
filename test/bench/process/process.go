// Package process tells what a server that is measured takes of the machine.
package process

import (
	"time"

	"github.com/prometheus/procfs"
)

// Resident is how much memory a process has, and the most that it has had, in KiB; 0
// where nobody knows.
func Resident(pid int) (now, most int) {
	p, err := procfs.NewProc(pid)
	if err != nil {
		return 0, 0
	}
	status, err := p.NewStatus()
	if err != nil {
		return 0, 0
	}
	return int(status.VmRSS >> 10), int(status.VmHWM >> 10)
}

// ProcessorTime is what a process has had of the processors; 0 where nobody knows.
func ProcessorTime(pid int) time.Duration {
	p, err := procfs.NewProc(pid)
	if err != nil {
		return 0
	}
	stat, err := p.Stat()
	if err != nil {
		return 0
	}
	return time.Duration(stat.CPUTime() * float64(time.Second))
}
