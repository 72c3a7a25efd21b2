package inject

import (
	"context"
	"errors"
	"fmt"
)

// outOfTime refuses the pod where there is no time left for a step, which may have a
// name.
func (j *job) outOfTime(step, name string) error {
	if j.Context == nil {
		return nil
	}
	err := j.Context.Err()
	switch {
	case err == nil:
		return nil
	case errors.Is(err, context.DeadlineExceeded):
		return &RefusedError{OutOfTime, fmt.Errorf("the time that the call has is up, before %s%s", step, name)}
	default:
		return &RefusedError{OutOfTime, fmt.Errorf("the caller is gone, before %s%s", step, name)}
	}
}

// context is that of the request.
func (j *job) context() context.Context {
	if j.Context == nil {
		return context.Background()
	}
	return j.Context
}
