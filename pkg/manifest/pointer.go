package manifest

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// pointer reads a JSON pointer (RFC 6901) of at least one segment.
func pointer(path string) ([]string, error) {
	if path == "" || path[0] != '/' {
		return nil, errors.New("no JSON pointer")
	}
	segments := strings.Split(path[1:], "/")
	if strings.Contains(path, "~") {
		for i, s := range segments {
			segments[i] = strings.ReplaceAll(strings.ReplaceAll(s, "~1", "/"), "~0", "~")
		}
	}
	return segments, nil
}

// index reads an array index of a patch's path.
func index(segment string, length int) (int, error) {
	i, err := strconv.Atoi(segment)
	if err != nil || i < 0 || i >= length || (len(segment) > 1 && segment[0] == '0') || segment[0] == '+' {
		return 0, fmt.Errorf("%q is no index of an array of %d", clip(segment), length)
	}
	return i, nil
}
