package command

import (
	"os"
	"runtime"
	"runtime/debug"
)

// tuneCollection has garbage collected in a manner that fits the inputs. A few
// manifests are done before the heap has 16 MiB: with the first collection at 4, as is
// Go's rule, collecting would be a sixth of the work. Many are done one by one, and
// what is left of each is garbage soon: it is not to pile up.
func tuneCollection(files []string) {
	if os.Getenv("GOGC") != "" {
		return
	}
	const percent = 60
	if areMany(files) {
		debug.SetGCPercent(percent)
		return
	}
	debug.SetGCPercent(400)
	runtime.AddCleanup(new([64]byte), func(percent int) { debug.SetGCPercent(percent) }, percent)
}

// areMany tells files that are not done before a first collection.
func areMany(files []string) bool {
	const few = 256 << 10
	size := int64(0)
	for _, file := range files {
		if info, err := os.Stat(file); err == nil {
			size += info.Size()
		}
		if size > few {
			return true
		}
	}
	return false
}
