// Package chart renders Outrigger's Helm chart as Helm does, and makes what is
// written down of it: the plain manifests and the chart's README. It is a module
// of its own, so that the program does not depend on Helm.
package chart
