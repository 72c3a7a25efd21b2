package installation

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"sync"

	"github.com/outrigger-io/outrigger/test/e2e/cluster"
)

// service does for the replicas what kube-proxy does for the pods of a Service:
// it hands each connection to one that is ready, in turns. It asks at every
// connection, where kube-proxy hears of a change some seconds later.
type service struct {
	port     int32
	unroute  func()
	replicas []*Replica

	mu          sync.Mutex
	turn        int
	connections map[*connection]struct{}
}

// connection is one of the API server's to a replica.
type connection struct {
	*net.TCPConn
	once   sync.Once
	closed chan struct{}
	forget func()
}

func (c *connection) Close() error {
	err := c.TCPConn.Close()
	c.once.Do(func() {
		c.forget()
		close(c.closed)
	})
	return err
}

// serve has the API server reach the replicas at an address that is made up.
func serve(c *cluster.Cluster, replicas []*Replica) (*service, error) {
	address, err := cluster.FreeAddress()
	if err != nil {
		return nil, err
	}
	parsed, err := netip.ParseAddrPort(address)
	if err != nil {
		return nil, err
	}
	s := &service{port: int32(parsed.Port()), replicas: replicas, connections: map[*connection]struct{}{}}
	s.unroute = c.Route(address, s.dial)
	return s, nil
}

// close ends all connections.
func (s *service) close() {
	s.unroute()
	for _, c := range s.open() {
		c.Close()
	}
}

// reconnect returns when the callers have closed their ends too: one that has yet
// to hear of it would make its next call on a connection that is gone.
func (s *service) reconnect() int {
	open := s.open()
	for _, c := range open {
		_ = c.CloseRead() // an error is that it has ended
	}
	for _, c := range open {
		<-c.closed
	}
	return len(open)
}

func (s *service) open() []*connection {
	s.mu.Lock()
	defer s.mu.Unlock()
	var open []*connection
	for c := range s.connections {
		open = append(open, c)
	}
	return open
}

func (s *service) dial(ctx context.Context) (net.Conn, error) {
	s.mu.Lock()
	s.turn++
	turn := s.turn
	s.mu.Unlock()
	for n := range s.replicas {
		replica := s.replicas[(turn+n)%len(s.replicas)]
		if _, err := replica.Get(ctx, "/readyz"); err != nil {
			continue
		}
		if dialled, err := (&net.Dialer{}).DialContext(ctx, "tcp", replica.Address); err == nil {
			return s.keep(dialled.(*net.TCPConn)), nil
		}
	}
	return nil, errors.New("no replica is ready")
}

func (s *service) keep(dialled *net.TCPConn) *connection {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := &connection{TCPConn: dialled, closed: make(chan struct{})}
	c.forget = func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.connections, c)
	}
	s.connections[c] = struct{}{}
	return c
}
