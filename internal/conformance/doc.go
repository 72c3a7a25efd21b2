// Package conformance reads the results of the reference injectors and compares
// pods with them by meaning. Only tests import it. The cases are not part of the
// project: they are read from ../shared/conformance beside the checkout, or from
// the folder that CONFORMANCE_DIR names, and tests say so where neither is there.
package conformance
