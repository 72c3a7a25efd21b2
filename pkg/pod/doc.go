// Package pod is a pod as injection sees it: its lists of containers and volumes,
// its metadata and owner, and the names of the annotations, labels, containers and
// variables that injection goes by. Vocabulary; it decides nothing.
package pod
