// Package podmerge lays one pod over another as the Kubernetes types say: which
// fields there are, what each holds, and by which key a list merges.
package podmerge
