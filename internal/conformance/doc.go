// Package conformance reads the results of the reference injectors and compares
// pods with them by meaning. Only tests import it. The cases are not part of the
// project: package shared finds them, and tests that need them are skipped where they
// are not there.
package conformance
