// Package tree holds JSON documents as immutable values: parsed once, changed by
// copying the path to the change, and compared by identity, so that the
// difference of two versions of a document costs no more than what differs.
package tree
