//go:build !unix

package webhook

import "time"

var started = time.Now()

// processorTime is the clock's, where there is no better.
func processorTime() time.Duration { return time.Since(started) }
