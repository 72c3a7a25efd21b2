package command

import (
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"

	"github.com/KimMachineGun/automemlimit/memlimit"
)

// shareOfMemory is how much of the container's memory is for Go: the program itself has
// some 35 MB, which count as its own.
const shareOfMemory = 0.8

// limitMemory has Go collect garbage before the container has no memory left, and the
// server take no more calls at one time than fit. A GOMEMLIMIT that is lower stays.
func limitMemory(log *slog.Logger) {
	setMemoryLimit(log, memlimit.ApplyRatio(memlimit.FromCgroup, shareOfMemory))
}

func setMemoryLimit(log *slog.Logger, provider memlimit.Provider) {
	limit, err := provider()
	switch {
	case errors.Is(err, memlimit.ErrNoLimit), errors.Is(err, memlimit.ErrCgroupsNotSupported), errors.Is(err, memlimit.ErrNoCgroup):
		return
	case err != nil:
		log.Warn("the container's memory limit is not known", "error", err)
	case int64(limit) < debug.SetMemoryLimit(-1):
		debug.SetMemoryLimit(int64(limit))
		log.Info("memory is limited", "to", fmt.Sprintf("%d MiB", limit>>20))
	}
}
