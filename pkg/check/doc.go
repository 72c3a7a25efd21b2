// Package check looks at an installation in a cluster and says what is wrong with
// it, and why a pod is injected or not.
//
// Looking and judging are apart, by the names of files, too:
//
//   - observe: Observe reads what the cluster has into an Observation; what may not
//     be read or is not there is noted where it was looked for. It writes nothing;
//     docs/troubleshooting.md has the rights that it takes.
//   - judge: Judge says of an Observation what is wrong, as findings. There is a file
//     for each part of an installation.
//   - explain: Explain says of a pod whether it is injected, and why.
//
// Judge and Explain are functions of an Observation, and reach for nothing. Both go
// by webhook_match.go, which knows whom the API server sends a pod to.
package check
