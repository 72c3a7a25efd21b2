package inject

// RefusedError says why a pod is refused.
type RefusedError struct {
	// Reason is one of the reasons to refuse.
	Reason Reason
	Err    error
}

func (e *RefusedError) Error() string { return e.Err.Error() }

func (e *RefusedError) Unwrap() error { return e.Err }
