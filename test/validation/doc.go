// Package validation holds what injection makes of pods against Kubernetes' own
// validation: whatever passes before injection passes after it, and after it is
// taken off again. It is a module of its own, since Kubernetes' validation comes
// with the whole of Kubernetes.
package validation
