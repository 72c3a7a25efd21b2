// Package conformance holds the engine against the results of the reference
// injectors, of both generations of configuration. Package
// internal/conformance says where the cases are.
package conformance
