package cluster

import "strings"

// Note is a text cut to what the API allows for that of an event.
func Note(text string) string {
	const longest, more = 1024, "…"
	if len(text) <= longest {
		return text
	}
	return strings.ToValidUTF8(text[:longest-len(more)], "") + more
}
