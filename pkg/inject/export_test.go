package inject

import (
	"github.com/outrigger-io/outrigger/pkg/replica"
)

// Forgetful returns the injector without its memory: what it answers is what any
// other way to the same answer is held against.
func (in *Injector) Forgetful() *Injector {
	return &Injector{configuration: in.configuration, memory: replica.NewMemory(0)}
}

// Remembered is how many patches an injector remembers, and the bytes it counts
// for them.
func (in *Injector) Remembered() (entries, bytes int) {
	return in.memory.Size()
}

// Remembering returns the injector with an empty memory of that many bytes.
func (in *Injector) Remembering(limit int) *Injector {
	return &Injector{configuration: in.configuration, memory: replica.NewMemory(limit)}
}
