// Package explain tells what injection did to a pod: how it was decided, by which
// rules; which fields were written, with the names that people give them and their
// lines in a text; and what wrote each, as the engine's account says it.
package explain
