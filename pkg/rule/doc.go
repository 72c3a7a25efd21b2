// Package rule holds what injection does to a pod beside rendering its templates: a
// rule a file, each with how it is applied and how it is taken off again.
//
// A configuration's format (see pkg/inject) names the rules that are part of it, in
// the order in which they are applied, with their settings. Taking an injection off
// is all rules run backwards ([Revert]), from what stands in the pod alone: there is
// no other place that knows what a rule wrote.
package rule
