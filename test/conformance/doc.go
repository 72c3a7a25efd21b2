// Package conformance holds the engine against the results of the reference
// injectors, of both generations of configuration. The cases are not part of the
// project: the tests read them from ../shared/conformance beside the checkout, or
// from the folder that CONFORMANCE_DIR names, and say so where neither is there.
package conformance
