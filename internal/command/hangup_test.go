//go:build unix

package command

import (
	"os/signal"
	"syscall"
)

// hangupEnds says whether SIGHUP ends what these tests start. Under nohup it does not.
var hangupEnds = !signal.Ignored(syscall.SIGHUP)
