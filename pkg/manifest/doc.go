// Package manifest finds the pod templates in a stream of Kubernetes manifests
// and changes them in the text itself: what a patch does not touch stays byte
// for byte, comments, order, quoting, line ends and all.
//
// A document is parsed by go.yaml.in/yaml/v3 (JSON, and YAML as most of it is written,
// by the package's own readers),
// every value is given its place in the text, the patch is applied to that tree,
// and what changed is turned into cuts and insertions.
//
// # Where new text goes
//
// A new member of a block mapping stands at the mapping's end (metadata above a
// spec), a new item of a sequence at its index. Comments that are indented deeper than what follows
// belong to what stands above them, so the new text comes after them; comments
// level with what follows belong to that, and the new text comes before them.
//
// # What a removal takes along
//
// The lines of the value, the comments below it that are indented deeper than
// it, and the comment block straight above it where that can be about nothing
// else: it is level with the value, and no sibling follows directly below.
//
// # Flow style and JSON
//
// Collections in flow style that span lines, and JSON, are changed in place in
// the style they have. A YAML flow collection on one line takes short scalars in
// place; for more it is rewritten in block style, and only it.
//
// # Large documents
//
// A List beyond 256 KiB is cut between its items, and each is read, changed and written
// on its own. Any other document of that size is looked through first, with nothing
// kept, and passed on if there is nothing in it to change and nothing to say of it.
//
// # Anchors
//
// An alias on the way to a change is replaced by a copy of what it stood for.
// Before an anchored value changes, the aliases that refer to it are replaced by
// copies of what it was. A member that comes from a merge key is written out in
// the mapping that merges it; to remove one, the merge key is written out.
package manifest
