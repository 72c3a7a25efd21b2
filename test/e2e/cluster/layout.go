package cluster

import "path/filepath"

// layout knows the place of every file below the cluster's folder.
type layout struct{ dir string }

func (l layout) logs() string         { return filepath.Join(l.dir, "logs") }
func (l layout) auditLog() string     { return filepath.Join(l.logs(), "audit.log") }
func (l layout) etcdData() string     { return filepath.Join(l.dir, "etcd") }
func (l layout) kubectlCache() string { return filepath.Join(l.dir, "kubectl-cache") }

func (l layout) keys() string              { return filepath.Join(l.dir, "keys") }
func (l layout) authority() string         { return filepath.Join(l.keys(), "ca.crt") }
func (l layout) authorityKey() string      { return filepath.Join(l.keys(), "ca.key") }
func (l layout) server() string            { return filepath.Join(l.keys(), "server.crt") }
func (l layout) serverKey() string         { return filepath.Join(l.keys(), "server.key") }
func (l layout) serviceAccountKey() string { return filepath.Join(l.keys(), "service-account.key") }

func (l layout) kubeconfig(u user) string { return filepath.Join(l.keys(), u.file+".kubeconfig") }

func (l layout) network() string { return filepath.Join(l.dir, "network.socket") }

func (l layout) settings() string    { return filepath.Join(l.dir, "settings") }
func (l layout) auditPolicy() string { return filepath.Join(l.settings(), "audit-policy.yaml") }
func (l layout) egress() string      { return filepath.Join(l.settings(), "egress.yaml") }
func (l layout) stages() string      { return filepath.Join(l.settings(), "stages.yaml") }

// temporary lists what has no worth once the cluster has ended.
func (l layout) temporary() []string {
	return []string{l.etcdData(), l.kubectlCache(), l.keys(), l.network(), l.settings()}
}
