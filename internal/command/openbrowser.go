package command

import (
	"os/exec"
	"runtime"
)

// openBrowser asks the desktop to open an address. Where there is none, nothing
// happens: the address was printed.
func openBrowser(address string) {
	program, arguments := "xdg-open", []string{address}
	switch runtime.GOOS {
	case "darwin":
		program = "open"
	case "windows":
		program, arguments = "rundll32", []string{"url.dll,FileProtocolHandler", address}
	}
	command := exec.Command(program, arguments...)
	if command.Start() == nil {
		go command.Wait() //nolint:errcheck // nobody is told
	}
}
