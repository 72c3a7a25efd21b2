// Package mesh reads the mesh's configuration, MeshConfig and the ProxyConfig in it:
// the defaults, and what is laid over them.
package mesh
