// Package configuration reads a mesh's injection configuration from files: the
// ConfigMaps of its control plane, however people have them, or the bare texts of
// their keys.
package configuration
