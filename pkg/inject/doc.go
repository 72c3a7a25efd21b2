// Package inject decides whether a pod gets the mesh's sidecar and makes the
// patch that puts it there.
//
// It is a pure function of its input: a configuration, compiled once to an
// [Injector], and a pod as the bytes that came. It reads no cluster, clock, file
// or global, so the admission server and the command line share it, and tests
// need nothing else.
//
// Data goes one way, each step in a file of its own:
//
//	decode -> decide -> validate annotations -> view -> render -> lay over the pod
//	-> the user's overrides -> finish (cluster env, prometheus, probes, status,
//	order) -> difference against the bytes that came
package inject
