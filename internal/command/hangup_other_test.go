//go:build !unix

package command

const hangupEnds = false
