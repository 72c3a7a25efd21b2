package podtest

import "context"

// Countdown is a context whose time is up after it was looked at as often as is Left.
type Countdown struct {
	context.Context
	Left int
}

// Err implements context.Context.
func (c *Countdown) Err() error {
	if c.Left--; c.Left < 0 {
		return context.DeadlineExceeded
	}
	return nil
}
