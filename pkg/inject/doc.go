// Package inject decides whether a pod gets the mesh's sidecar and makes the
// patch that puts it there.
//
// It is a pure function of its input: a configuration, compiled once to an
// [Injector], and a pod as the bytes that came. It reads no cluster, clock, file
// or global, so the admission server and the command line share it, and tests
// need nothing else.
//
// Data goes one way: decode and decide (decide.go), check the annotations, gather what
// templates see (view.go), render, and apply the rules of the configuration's format in
// their order (pipeline.go; the formats are a table in format.go, the rules stand in
// pkg/rule); the patch is the difference against the bytes that came.
package inject
