package tree

import (
	"encoding/json"
	"fmt"

	"gomodules.xyz/jsonpatch/v2"
)

// Patch is a list of operations of an RFC 6902 JSON Patch, applied in order. Each
// path is a JSON pointer (RFC 6901) into the document as the operations before it left
// it. Outrigger uses three verbs: "add", "remove" and "replace".
type Patch []jsonpatch.Operation

// NewOperation makes one that puts a JSON text there; its keys stand in the order in
// which a person would want to read them. It is nil for "remove".
func NewOperation(verb, path string, text json.RawMessage) jsonpatch.Operation {
	if text == nil {
		return jsonpatch.Operation{Operation: verb, Path: path}
	}
	return jsonpatch.Operation{Operation: verb, Path: path, Value: &text}
}

// TextOf is the JSON text that an operation of a Patch puts there.
func TextOf(o jsonpatch.Operation) json.RawMessage {
	if text, ok := o.Value.(*json.RawMessage); ok {
		return *text
	}
	return nil
}

// UnmarshalJSON implements json.Unmarshaler: values keep their text.
func (p *Patch) UnmarshalJSON(b []byte) error {
	var operations []struct {
		Op    string          `json:"op"`
		Path  string          `json:"path"`
		Value json.RawMessage `json:"value"`
	}
	if err := json.Unmarshal(b, &operations); err != nil {
		return fmt.Errorf("reading a patch: %w", err)
	}
	*p = make(Patch, len(operations))
	for i, o := range operations {
		(*p)[i] = NewOperation(o.Op, o.Path, o.Value)
	}
	return nil
}
