// Package podtemplate compiles the templates of an injector's configuration and
// renders them: the data and the functions that they see, what of them can be
// carried out once for all pods, and what of a pod each can learn.
package podtemplate
