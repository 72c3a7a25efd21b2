// Package replica knows the pods that are injected like one another, so that the
// patch of a workload's first pod serves the next ones.
package replica
