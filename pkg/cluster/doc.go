// Package cluster puts together what Outrigger has of a cluster: the manager of
// controller-runtime and its client for a process that stays, that client alone for
// a command that looks and is done, and client-go's reflector to follow objects.
//
// Two things that controller-runtime has are not used, each for a promise:
//
//   - Its cache. The reflectors in it wait for 0.8 s after a fault at the least, and
//     for up to a minute after several, which cannot be set; replicas are to be right
//     within 2 s of an API server's return. It also keeps every object, of which a
//     name and a yes or no are enough for a node. See [Follow].
//   - Its leader election, which ends the process that loses the Lease: an API server
//     that is away for 10 s would take the leader with it, which serves. pkg/certs
//     uses the elector of client-go below it.
package cluster
