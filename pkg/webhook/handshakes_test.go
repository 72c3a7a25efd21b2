package webhook

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/semaphore"
)

// shakingHands answers handshakes, one at a time, and tells the most that were computed
// at once.
func shakingHands(t *testing.T, computing func()) (address string, roots *x509.CertPool, most *atomic.Int32) {
	certificate, roots := newCertificate(t, time.Now().Add(time.Hour))
	places := &handshakes{semaphore.NewWeighted(1)}
	var now atomic.Int32
	most = &atomic.Int32{}
	config := &tls.Config{
		GetConfigForClient: places.await,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			if n := now.Add(1); n > most.Load() {
				most.Store(n)
			}
			computing()
			now.Add(-1)
			return certificate, nil
		},
	}
	plain, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener := tls.NewListener(&handshakeListener{plain, places}, config)
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				_ = c.(*tls.Conn).Handshake()
			}()
		}
	}()
	return plain.Addr().String(), roots, most
}

func TestFewHandshakesAtOnce(t *testing.T) {
	address, roots, most := shakingHands(t, func() { time.Sleep(time.Millisecond) })
	var all sync.WaitGroup
	for range 30 {
		all.Go(func() {
			c, err := tls.Dial("tcp", address, &tls.Config{RootCAs: roots})
			if err != nil {
				t.Error(err)
				return
			}
			c.Close()
		})
	}
	all.Wait()
	if most.Load() != 1 {
		t.Errorf("%d handshakes were computed at once", most.Load())
	}
}

// silentAfter writes no more than the first message.
type silentAfter struct {
	net.Conn
	said bool
}

func (c *silentAfter) Write(p []byte) (int, error) {
	if c.said {
		return len(p), nil
	}
	c.said = true
	return c.Conn.Write(p)
}

func TestNoClientHoldsAHandshakesPlace(t *testing.T) {
	address, roots, _ := shakingHands(t, func() {})
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		silent := tls.Client(&silentAfter{Conn: c}, &tls.Config{RootCAs: roots, ServerName: "127.0.0.1", MinVersion: version, MaxVersion: version})
		go silent.Handshake()
		other, err := tls.Dial("tcp", address, &tls.Config{RootCAs: roots})
		if err != nil {
			t.Fatalf("beside a client that does not go on with version %x: %v", version, err)
		}
		other.Close()
	}
	broken, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	broken.Close()
	if _, err := tls.Dial("tcp", address, &tls.Config{RootCAs: roots, MaxVersion: tls.VersionTLS10, MinVersion: tls.VersionTLS10}); err == nil {
		t.Error("an old version is spoken")
	}
	c, err := tls.Dial("tcp", address, &tls.Config{RootCAs: roots})
	if err != nil {
		t.Fatalf("after handshakes that failed: %v", err)
	}
	c.Close()
}
