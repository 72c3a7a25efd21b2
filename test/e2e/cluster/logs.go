package cluster

import (
	"bytes"
	"fmt"
	"os"
)

// lastLines quotes the end of a log for an error message: enough to see why a
// program gave up, not so much that the rest of the message is lost.
func lastLines(path string) string {
	const most = 15
	data, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	lines := bytes.Split(bytes.TrimRight(data, "\n"), []byte("\n"))
	if len(lines) > most {
		lines = lines[len(lines)-most:]
	}
	return fmt.Sprintf("the end of %s:\n\t%s", path, bytes.Join(lines, []byte("\n\t")))
}
