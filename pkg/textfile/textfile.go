// Package textfile reads texts whole that are small, wherever they come from.
package textfile

import (
	"fmt"
	"io"
	"os"
)

// Limit is far above what any of them holds, and below what a slip such as /dev/zero
// would fill a memory with.
const Limit = 64 << 20

// Read reads a file. what is the thing that it holds, such as "configuration".
func Read(name, what string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return ReadFrom(f, name, what)
}

// ReadFrom reads what has been opened. name is what the error calls it.
func ReadFrom(r io.Reader, name, what string) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(r, Limit+1))
	switch {
	case err != nil:
		return nil, err
	case len(text) > Limit:
		return nil, fmt.Errorf("%s: it is larger than %d MiB, which no %s is", name, Limit>>20, what)
	}
	return text, nil
}
