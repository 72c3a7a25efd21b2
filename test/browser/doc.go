// Package browser tests the page of `outrigger workbench` as people meet it: the
// program serves it, Chromium shows it, and keys and a pointer work it. Pictures of
// it are left in bin/screenshots.
package browser
