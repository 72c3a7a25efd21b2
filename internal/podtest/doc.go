// Package podtest draws random pods for tests, and tells what two pods differ in.
package podtest
