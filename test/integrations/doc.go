// Package integrations runs the examples of docs/integrations.md with the
// programs that they name, built from their modules.
package integrations
