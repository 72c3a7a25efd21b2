package cluster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"sync"
	"time"

	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// network is the way from the API server to pods and services, which it is told to
// take by settings/egress.yaml: a proxy that does what the network of the pods and
// kube-proxy do. An address of a service leads to one of its endpoints, and one that
// [Cluster.Route] knows to where it says; of all others only this machine's own are
// called.
//
// It listens at a socket in the file system, since the API server cannot call such a
// proxy by TCP without TLS. It looks at the endpoints at every connection. Connections that there are stay,
// as they do in a real cluster, whatever becomes of the endpoint.
type network struct {
	listener net.Listener
	server   *http.Server
	client   kubernetes.Interface

	mu     sync.Mutex
	turn   int
	routes map[string]Dial // by IP:port
}

func newNetwork(socket string) (*network, error) {
	listener, err := net.Listen("unix", socket)
	if err != nil {
		return nil, fmt.Errorf("listen for the API server's calls of pods: %w", err)
	}
	n := &network{listener: listener, routes: map[string]Dial{}}
	n.server = &http.Server{Handler: n, ReadHeaderTimeout: 10 * time.Second}
	return n, nil
}

// serve begins to take calls. The client is for looking at services.
func (n *network) serve(client kubernetes.Interface) {
	n.client = client
	go func() { _ = n.server.Serve(n.listener) }() // it ends by close
}

func (n *network) close() error {
	err := n.server.Close()
	_ = n.listener.Close() // which the server has done, if it began to serve
	return err
}

// egress is the API server's EgressSelectorConfiguration for a socket.
func egress(socket string) []byte {
	return fmt.Appendf(nil, `apiVersion: apiserver.k8s.io/v1beta1
kind: EgressSelectorConfiguration
egressSelections:
- name: cluster
  connection:
    proxyProtocol: HTTPConnect
    transport:
      uds: {udsName: %q}
`, socket)
}

// ServeHTTP answers a CONNECT by joining the caller with what it wants to reach.
func (n *network) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodConnect {
		http.Error(w, "only CONNECT is understood", http.StatusMethodNotAllowed)
		return
	}
	callee, err := n.dial(r.Context(), r.Host)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer callee.Close()
	hijacked, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	caller := hijacked.(*net.UnixConn)
	defer caller.Close()
	if _, err := io.WriteString(caller, "HTTP/1.1 200 OK\r\n\r\n"); err != nil {
		return // the caller has gone
	}
	join(caller, callee)
}

// join hands on what either side sends until the caller ends it. That the callee
// ended its side the caller hears as it would from the callee itself.
func join(caller *net.UnixConn, callee net.Conn) {
	var back sync.WaitGroup
	back.Go(func() {
		_, _ = io.Copy(caller, callee)
		_ = caller.CloseWrite()
	})
	_, _ = io.Copy(callee, caller)
	callee.Close()
	back.Wait()
}

func (n *network) dial(ctx context.Context, address string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	called, err := netip.ParseAddrPort(address)
	if err == nil && netip.MustParsePrefix(serviceRange).Contains(called.Addr()) {
		if address, err = n.endpoint(ctx, called); err != nil {
			return nil, fmt.Errorf("the service at %s: %w", called, err)
		}
	}
	n.mu.Lock()
	route, ok := n.routes[address]
	n.mu.Unlock()
	if ok {
		return route(ctx)
	}
	// kwok's pods have addresses, and nothing runs there. Whatever else a network
	// beyond this machine has at them is none of the tests' business.
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	if ip, err := netip.ParseAddr(host); host != "localhost" && (err != nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("nothing listens at %s", address)
	}
	return (&net.Dialer{}).DialContext(ctx, "tcp", address)
}

// endpoint chooses, in turns, among the endpoints of a service: those that are
// ready or, as kube-proxy does when there is none, those that are ending and serve.
func (n *network) endpoint(ctx context.Context, called netip.AddrPort) (string, error) {
	services, err := n.client.CoreV1().Services("").List(ctx, metav1.ListOptions{FieldSelector: "spec.clusterIP=" + called.Addr().String()})
	if err != nil {
		return "", err
	}
	if len(services.Items) == 0 {
		return "", errors.New("there is none")
	}
	service := services.Items[0]
	var name string
	for _, port := range service.Spec.Ports {
		if port.Port == int32(called.Port()) {
			name = port.Name
		}
	}
	slices, err := n.client.DiscoveryV1().EndpointSlices(service.Namespace).List(ctx, metav1.ListOptions{
		LabelSelector: discoveryv1.LabelServiceName + "=" + service.Name,
	})
	if err != nil {
		return "", err
	}
	var ready, ending []string
	for _, slice := range slices.Items {
		for _, port := range slice.Ports {
			if port.Name == nil || *port.Name != name {
				continue
			}
			for _, endpoint := range slice.Endpoints {
				address := net.JoinHostPort(endpoint.Addresses[0], strconv.Itoa(int(*port.Port)))
				switch is := endpoint.Conditions; {
				case holds(is.Ready):
					ready = append(ready, address)
				case holds(is.Serving) && holds(is.Terminating):
					ending = append(ending, address)
				}
			}
		}
	}
	if len(ready) == 0 {
		ready = ending
	}
	if len(ready) == 0 {
		return "", fmt.Errorf("%s/%s has no endpoint that is ready", service.Namespace, service.Name)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.turn++
	return ready[n.turn%len(ready)], nil
}

func holds(condition *bool) bool { return condition != nil && *condition }

// Dial opens a connection to something that the API server calls.
type Dial func(context.Context) (net.Conn, error)

// Route has the API server reach an address, IP:port, by dial, until the function
// that it returns is called. Nothing need listen at the address, which may be that
// of a pod or, for a port that is free, 127.0.0.1.
func (c *Cluster) Route(address string, dial Dial) (end func()) {
	c.network.mu.Lock()
	defer c.network.mu.Unlock()
	c.network.routes[address] = dial
	return func() {
		c.network.mu.Lock()
		defer c.network.mu.Unlock()
		delete(c.network.routes, address)
	}
}
