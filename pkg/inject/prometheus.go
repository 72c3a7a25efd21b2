package inject

import (
	"encoding/json"
	"strconv"
	"strings"

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
func prometheusAnnotation(pod *tree.Value, key string) string {
	for _, m := range annotationsOf(pod).object.Members() {
		if len(m.Key) == len(key) && sanitised(m.Key) == key {
			return m.Value.Text()
		}
	}
	return ""
}

func withoutPrometheusAnnotations(pod *tree.Value) *tree.Value {
	return withoutAnnotations(pod, func(key string) bool {
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
func mergePrometheus(pod *tree.Value, enabled bool, statusPort int32) *tree.Value {
	if wish, ok := annotationsOf(pod).get(mergeMetricsKey); ok {
		if merge, err := strconv.ParseBool(wish); err == nil {
			enabled = merge
		}
	}
	scrape := prometheusAnnotation(pod, scrapeAnnotation)
	if wanted, err := strconv.ParseBool(scrape); err == nil && !wanted {
		enabled = false
	}
	port, ours := prometheusAnnotation(pod, portAnnotation), strconv.Itoa(int(statusPort))
	if !enabled || port == ours {
		return pod
	}
	path := prometheusAnnotation(pod, pathAnnotation)
	if scrape != "" || port != "" || path != "" {
		target, err := json.Marshal(struct {
			Scrape string `json:"scrape"`
			Path   string `json:"path"`
			Port   string `json:"port"`
		}{scrape, path, port})
		if err != nil {
			panic(err) // three strings always encode
		}
		pod = updateProxy(pod, func(proxy *tree.Value) *tree.Value { return withEnv(proxy, prometheusVariable, string(target)) })
	}
	pod = withoutPrometheusAnnotations(pod)
	pod = withAnnotation(pod, "prometheus.io/port", ours)
	pod = withAnnotation(pod, "prometheus.io/path", "/stats/prometheus")
	return withAnnotation(pod, "prometheus.io/scrape", "true")
}
