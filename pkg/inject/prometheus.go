package inject

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/outrigger-io/outrigger/pkg/pod"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// The annotations by which Prometheus is told what to scrape, sanitised as it
// does: every character that a label name cannot have is an underscore, so that
// prometheus.io/port and prometheus-io/port are one.
const (
	scrapeAnnotation = "prometheus_io_scrape"
	portAnnotation   = "prometheus_io_port"
	pathAnnotation   = "prometheus_io_path"
)

func sanitised(key string) string {
	return strings.Map(func(r rune) rune {
		if r == '_' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' {
			return r
		}
		return '_'
	}, key)
}

// prometheusAnnotation returns the pod's value for a sanitised key.
func prometheusAnnotation(p *tree.Value, key string) string {
	for _, m := range pod.Annotations(p).Members() {
		if len(m.Key) == len(key) && sanitised(m.Key) == key {
			return m.Value.Text()
		}
	}
	return ""
}

func withoutPrometheusAnnotations(p *tree.Value) *tree.Value {
	return pod.WithoutAnnotations(p, func(key string) bool {
		switch sanitised(key) {
		case scrapeAnnotation, portAnnotation, pathAnnotation:
			return true
		}
		return false
	})
}

// mergePrometheus points Prometheus at the proxy's agent, which serves the
// application's metrics together with the proxy's; where the application's are
// goes to the agent in a variable (spec: injection.md section 7).
func mergePrometheus(p *tree.Value, enabled bool, statusPort int32) *tree.Value {
	if wish, ok := pod.Annotations(p).Get(pod.MergeMetricsKey); ok {
		if merge, err := strconv.ParseBool(wish); err == nil {
			enabled = merge
		}
	}
	scrape := prometheusAnnotation(p, scrapeAnnotation)
	if wanted, err := strconv.ParseBool(scrape); err == nil && !wanted {
		enabled = false
	}
	port, ours := prometheusAnnotation(p, portAnnotation), strconv.Itoa(int(statusPort))
	if !enabled || port == ours {
		return p
	}
	path := prometheusAnnotation(p, pathAnnotation)
	if scrape != "" || port != "" || path != "" {
		target, err := json.Marshal(struct {
			Scrape string `json:"scrape"`
			Path   string `json:"path"`
			Port   string `json:"port"`
		}{scrape, path, port})
		if err != nil {
			panic(err) // three strings always encode
		}
		p = pod.UpdateProxy(p, func(proxy *tree.Value) *tree.Value { return pod.WithEnv(proxy, pod.PrometheusVariable, string(target)) })
	}
	p = withoutPrometheusAnnotations(p)
	p = pod.WithAnnotation(p, "prometheus.io/port", ours)
	p = pod.WithAnnotation(p, "prometheus.io/path", "/stats/prometheus")
	return pod.WithAnnotation(p, "prometheus.io/scrape", "true")
}
