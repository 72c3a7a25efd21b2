package installation

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/outrigger-io/outrigger/test/e2e/cluster"
)

// Replica is one process of `outrigger serve`.
type Replica struct {
	*cluster.Process
	// Address, 127.0.0.1:PORT, is that of the webhook, over TLS.
	Address string
	// MetricsAddress, 127.0.0.1:PORT, is that of metrics and probes, in plain HTTP.
	MetricsAddress string
}

func (i *Installation) makeReplicas() error {
	for number := range max(1, i.options.Replicas) {
		replica, err := i.newReplica(number)
		if err != nil {
			return err
		}
		i.Replicas = append(i.Replicas, replica)
	}
	return nil
}

func (i *Installation) newReplica(number int) (*Replica, error) {
	binary, err := cluster.Outrigger()
	if err != nil {
		return nil, err
	}
	r := &Replica{}
	for _, address := range []*string{&r.Address, &r.MetricsAddress} {
		if *address, err = cluster.FreeAddress(); err != nil {
			return nil, err
		}
	}
	args := []string{
		"serve",
		"--kubeconfig=" + i.cluster.Kubeconfig(),
		"--namespace=" + Namespace,
		"--service-name=" + i.Name,
		"--revision=" + i.options.Revision,
		"--bind-address=" + r.Address,
		"--metrics-bind-address=" + r.MetricsAddress,
		"--cert-mode=self",
		"--log-format=text",
		// The Service here asks for readiness at every connection, so there is
		// no news to wait for as in a cluster.
		"--shutdown-delay=500ms",
	}
	program := cluster.Program{
		Name:  fmt.Sprintf("%s-%d", i.Name, number+1),
		Path:  binary,
		Args:  append(args, i.options.Flags...),
		Ready: cluster.Answers("http://"+r.MetricsAddress+"/readyz", ""),
	}
	if i.options.Adjust != nil {
		i.options.Adjust(number, &program)
	}
	r.Process = i.cluster.Program(program)
	return r, nil
}

// Get asks the metrics address for a path, such as "/readyz?verbose", and
// returns the answer's text. An answer other than 200 is an error with the text.
func (r *Replica) Get(ctx context.Context, path string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	url := "http://" + r.MetricsAddress + path
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return "", fmt.Errorf("GET %s: %w", url, err)
	}
	if response.StatusCode != http.StatusOK {
		return string(text), fmt.Errorf("GET %s: %s: %s", url, response.Status, text)
	}
	return string(text), nil
}

// Metric returns the value of a counter or gauge, the sum over those of its
// series that have all of labels. A series that is not there counts 0.
func (r *Replica) Metric(ctx context.Context, name string, labels map[string]string) (float64, error) {
	text, err := r.Get(ctx, "/metrics")
	if err != nil {
		return 0, err
	}
	families, err := cluster.ParseMetrics([]byte(text))
	if err != nil {
		return 0, err
	}
	var sum float64
series:
	for _, series := range families[name].GetMetric() {
		has := map[string]string{}
		for _, label := range series.GetLabel() {
			has[label.GetName()] = label.GetValue()
		}
		for label, value := range labels {
			if has[label] != value {
				continue series
			}
		}
		sum += series.GetCounter().GetValue() + series.GetGauge().GetValue()
	}
	return sum, nil
}
