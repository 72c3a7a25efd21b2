package cluster

import (
	"errors"
	"math/rand/v2"
	"net"
	"strconv"
)

// freePort finds a port of 127.0.0.1 that nobody listens at.
//
// It stays below the range that systems hand out to outgoing connections (32768
// and up on Linux, 49152 elsewhere). While a component is down the others dial
// its port again and again, and a port of that range could be lent to one of
// them, or connect to itself, and be taken when the component comes back.
func freePort() (int, error) {
	const lowest, beyond, tries = 20000, 32000, 100
	for range tries {
		port := lowest + rand.IntN(beyond-lowest)
		listener, err := net.Listen("tcp", address(port))
		if err != nil {
			continue
		}
		return port, listener.Close()
	}
	return 0, errors.New("no free port on 127.0.0.1 between 20000 and 32000")
}

// FreeAddress finds an address, 127.0.0.1:PORT, at which nobody listens, for a
// program that may be ended and started again there.
func FreeAddress() (string, error) {
	port, err := freePort()
	if err != nil {
		return "", err
	}
	return address(port), nil
}

func address(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }
