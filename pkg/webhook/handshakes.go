package webhook

import (
	"crypto/tls"
	"net"
	"runtime"
	"sync/atomic"

	"golang.org/x/sync/semaphore"
)

// handshakes has few TLS handshakes computed at one time: each takes a processor for
// half a millisecond, and thousands at once would have calls wait for all of them. No
// place is held while a client is waited for, so that none can hold one.
type handshakes struct{ places *semaphore.Weighted }

func newHandshakes() *handshakes {
	return &handshakes{semaphore.NewWeighted(int64(max(runtime.GOMAXPROCS(0)/2, 1)))}
}

// await is what tls.Config calls once a client has said which handshake it wants, and
// before there is anything to compute.
func (h *handshakes) await(hello *tls.ClientHelloInfo) (*tls.Config, error) {
	if c, ok := hello.Conn.(*handshakeConn); ok {
		if err := h.places.Acquire(hello.Context(), 1); err != nil {
			return nil, err
		}
		c.holds.Store(true)
	}
	return nil, nil // the one that there is
}

// handshakeListener accepts connections whose handshakes wait for a place.
type handshakeListener struct {
	net.Listener
	handshakes *handshakes
}

func (l *handshakeListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &handshakeConn{Conn: c, handshakes: l.handshakes}, nil
}

// handshakeConn gives its place back when it is next read from, by when the server has
// computed and written what is its to say, or closed.
type handshakeConn struct {
	net.Conn
	handshakes *handshakes
	holds      atomic.Bool
}

func (c *handshakeConn) leave() {
	if c.holds.Load() && c.holds.Swap(false) {
		c.handshakes.places.Release(1)
	}
}

func (c *handshakeConn) Read(p []byte) (int, error) {
	c.leave()
	return c.Conn.Read(p)
}

func (c *handshakeConn) Close() error {
	c.leave()
	return c.Conn.Close()
}
