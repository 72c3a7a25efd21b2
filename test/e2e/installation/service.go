package installation

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"
)

// service does for the replicas what kube-proxy does for the pods of a Service:
// it hands each connection to one that is ready, in turns. It asks at every
// connection, where kube-proxy hears of a change some seconds later.
type service struct {
	listener net.Listener
	replicas []*Replica

	mu          sync.Mutex
	turn        int
	connections map[*net.TCPConn]chan struct{} // to the callers; closed at the end
	handling    sync.WaitGroup
}

func serve(replicas []*Replica) (*service, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for the replicas: %w", err)
	}
	s := &service{listener: listener, replicas: replicas, connections: map[*net.TCPConn]chan struct{}{}}
	s.handling.Go(s.accept)
	return s, nil
}

func (s *service) port() int32 { return int32(s.listener.Addr().(*net.TCPAddr).Port) }

// close ends all connections and returns when nobody works on them any more.
func (s *service) close() {
	s.listener.Close()
	s.mu.Lock()
	for connection := range s.connections {
		connection.Close()
	}
	s.connections = nil
	s.mu.Unlock()
	s.handling.Wait()
}

// reconnect returns when the callers have closed their ends too: one that has yet
// to hear of it would make its next call on a connection that is gone.
func (s *service) reconnect() int {
	s.mu.Lock()
	ended := make([]chan struct{}, 0, len(s.connections))
	for connection, end := range s.connections {
		_ = connection.CloseWrite() // an error is that it has ended
		ended = append(ended, end)
	}
	s.mu.Unlock()
	for _, end := range ended {
		<-end
	}
	return len(ended)
}

func (s *service) accept() {
	for {
		connection, err := s.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue // the caller went away between its call and now
		}
		s.handling.Go(func() { s.forward(connection.(*net.TCPConn)) })
	}
}

// forward joins a connection with a replica until either side ends it. Without a
// replica that is ready the caller sees it end at once.
func (s *service) forward(caller *net.TCPConn) {
	defer caller.Close()
	end := s.keep(caller)
	if end == nil {
		return
	}
	defer s.forget(caller, end)
	replica := s.dial()
	if replica == nil {
		return
	}
	defer replica.Close()

	var back sync.WaitGroup
	back.Go(func() {
		_, _ = io.Copy(caller, replica)
		// The caller hears of the end as it would from the replica itself, and
		// ends its side.
		_ = caller.CloseWrite()
	})
	_, _ = io.Copy(replica, caller)
	replica.Close()
	back.Wait()
}

// keep returns what forget closes, nil when no more connections are taken.
func (s *service) keep(connection *net.TCPConn) chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.connections == nil {
		return nil
	}
	s.connections[connection] = make(chan struct{})
	return s.connections[connection]
}

func (s *service) forget(connection *net.TCPConn, end chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.connections, connection)
	close(end)
}

func (s *service) dial() net.Conn {
	s.mu.Lock()
	s.turn++
	turn := s.turn
	s.mu.Unlock()
	for n := range s.replicas {
		replica := s.replicas[(turn+n)%len(s.replicas)]
		if _, err := replica.Get(context.Background(), "/readyz"); err != nil {
			continue
		}
		if connection, err := net.DialTimeout("tcp", replica.Address, time.Second); err == nil {
			return connection
		}
	}
	return nil
}
