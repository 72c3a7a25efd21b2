package tree

import "encoding/json"

// Operation is one step of an RFC 6902 JSON Patch. Outrigger uses three of its
// verbs: "add", "remove" and "replace".
type Operation struct {
	Op string `json:"op"`
	// Path is a JSON pointer (RFC 6901) into the document as the operations
	// before this one left it.
	Path string `json:"path"`
	// Value is the JSON text to put there; its keys stand in the order in which
	// a person would want to read them. Empty for "remove".
	Value json.RawMessage `json:"value,omitempty"`
}

// Patch is a list of operations, applied in order.
type Patch []Operation
