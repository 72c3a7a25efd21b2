// Package check looks at an installation in a cluster and says what is wrong with
// it, and why a pod is injected or not.
//
// Looking and judging are apart. Observe reads what the cluster has into an
// Observation; what may not be read or is not there is noted where it was looked
// for. Judge and Explain are functions of an Observation, and reach for nothing.
// Observe writes nothing; docs/troubleshooting.md has the rights that it takes.
package check
