package rule

import (
	"cmp"
	"fmt"
	"slices"
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

func sanitised(key string) string { return strings.Map(sanitisedRune, key) }

func sanitisedRune(r rune) rune {
	if r == '_' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' {
		return r
	}
	return '_'
}

// isSanitised says that a key is another, sanitised.
func isSanitised(key, other string) bool {
	n := 0
	for _, r := range key {
		if n == len(other) || byte(sanitisedRune(r)) != other[n] {
			return false
		}
		n++
	}
	return n == len(other)
}

// prometheusAnnotation returns the pod's value for a sanitised key.
func prometheusAnnotation(p *tree.Value, key string) string {
	for _, m := range pod.Annotations(p).Members() {
		if len(m.Key) == len(key) && isSanitised(m.Key, key) {
			return m.Value.Text()
		}
	}
	return ""
}

func withoutPrometheusAnnotations(p *tree.Value) *tree.Value {
	return pod.WithoutAnnotations(p, func(key string) bool {
		return isSanitised(key, scrapeAnnotation) || isSanitised(key, portAnnotation) || isSanitised(key, pathAnnotation)
	})
}

// Prometheus points Prometheus at the proxy's agent, which serves the application's
// metrics together with the proxy's; where the application's are goes to the agent in
// a variable (spec: injection.md section 7). It obeys the mesh's enablePrometheusMerge
// and annotation prometheus.istio.io/merge-metrics.
type Prometheus struct {
	// Targets obeys annotation prometheus.istio.io/scrape-targets, several ports and
	// paths of the application, and says where the merged metrics are had by TLS, as
	// prometheus.istio.io/secure-port (1.31).
	Targets bool
}

// Name implements Rule.
func (Prometheus) Name() string { return "prometheus" }

// What sends Prometheus to the agent.
const (
	mergedPath   = "/stats/prometheus"
	mergedScrape = "true"
)

// Apply implements Rule.
func (s Prometheus) Apply(p *tree.Value, f *Facts) (*tree.Value, error) {
	enabled := f.Mesh.MergePrometheus
	if wish, ok := pod.Annotations(p).Get(pod.MergeMetricsKey); ok {
		if merge, err := strconv.ParseBool(wish); err == nil {
			enabled = merge
		}
	}
	scrape := prometheusAnnotation(p, scrapeAnnotation)
	if wanted, err := strconv.ParseBool(scrape); scrape != "" && err == nil && !wanted {
		enabled = false
	}
	port, ours := prometheusAnnotation(p, portAnnotation), strconv.Itoa(int(f.Mesh.StatusPort))
	if !enabled || port == ours {
		return p, nil
	}
	path := prometheusAnnotation(p, pathAnnotation)
	var targets []*tree.Value
	if s.Targets {
		var err error
		if targets, err = s.scrapeTargets(p, f); err != nil {
			return nil, err
		}
		if len(targets) > 0 { // for agents that know one
			port, path = targets[0].Get("port").Text(), targets[0].Get("path").Text()
		}
	}
	if scrape != "" || port != "" || path != "" {
		target := tree.NewObject(
			tree.Member{Key: "scrape", Value: tree.NewString(scrape)},
			tree.Member{Key: "path", Value: tree.NewString(path)},
			tree.Member{Key: "port", Value: tree.NewString(port)})
		if len(targets) > 0 {
			target = target.With("targets", tree.NewArray(targets...))
		}
		p = pod.UpdateProxy(p, func(proxy *tree.Value) *tree.Value {
			proxy = pod.WithoutEnv(proxy, func(name string) bool { return name == pod.PrometheusVariable })
			return pod.WithEnv(proxy, pod.PrometheusVariable, string(target.JSON()))
		})
	}
	p = withoutPrometheusAnnotations(p)
	p = pod.WithAnnotations(p, [][2]string{
		{"prometheus.io/port", ours}, {"prometheus.io/path", mergedPath}, {"prometheus.io/scrape", mergedScrape},
	})
	if s.Targets {
		p = pod.WithoutAnnotations(p, func(key string) bool { return isSanitised(key, targetsAnnotation) })
		p = withSecurePort(p)
	}
	return p, nil
}

const (
	targetsKey         = "prometheus.istio.io/scrape-targets"
	targetsAnnotation  = "prometheus_istio_io_scrape_targets"
	securePortKey      = "prometheus.istio.io/secure-port"
	secureAnnotation   = "prometheus_istio_io_secure_port"
	securePortVariable = "ENVOY_SECURE_MERGED_METRICS_PORT"
)

// proxyPorts are those at which the proxy and its agent listen, in every mesh.
var proxyPorts = []int64{15000, 15001, 15004, 15006, 15008, 15020, 15021, 15053, 15090}

// scrapeTargets reads PORT:PATH, comma separated; a path that is missing is /metrics.
func (Prometheus) scrapeTargets(p *tree.Value, f *Facts) ([]*tree.Value, error) {
	text := prometheusAnnotation(p, targetsAnnotation)
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	var targets []*tree.Value
	for target := range strings.SplitSeq(text, ",") {
		port, path, _ := strings.Cut(strings.TrimSpace(target), ":")
		number, err := strconv.ParseInt(port, 10, 32)
		switch {
		case err != nil || number < 1 || number > 65535:
			err = fmt.Errorf("%q is not PORT:PATH with a port of 1 to 65535", target)
		case number == int64(f.Mesh.StatusPort) || slices.Contains(proxyPorts, number):
			err = fmt.Errorf("port %d is the proxy's own", number)
		}
		if err != nil {
			return nil, &pod.AnnotationError{Key: targetsKey, Err: err}
		}
		targets = append(targets, tree.NewObject(
			tree.Member{Key: "port", Value: tree.NewString(port)},
			tree.Member{Key: "path", Value: tree.NewString(cmp.Or(path, "/metrics"))}))
	}
	return targets, nil
}

// withSecurePort says where the merged metrics are had by TLS, unless the pod does.
func withSecurePort(p *tree.Value) *tree.Value {
	_, _, proxy := pod.FindProxy(p)
	port := pod.Find(proxy.Get("env").Items(), securePortVariable).Get("value").Text()
	if port == "" || port == "0" || prometheusAnnotation(p, secureAnnotation) != "" {
		return p
	}
	return pod.WithAnnotation(p, securePortKey, port)
}

func mergedPrometheus(p *tree.Value) bool {
	return prometheusAnnotation(p, pathAnnotation) == mergedPath && prometheusAnnotation(p, scrapeAnnotation) == mergedScrape
}

// Revert puts back what said where the application's metrics are, from the variable
// that tells the agent. Whatever the keys were written like, they come back as
// prometheus.io has them.
func (Prometheus) Revert(r *Removal) {
	r.cleanOwnProxy(func(name, _ string) bool { return name == pod.PrometheusVariable })
	if !mergedPrometheus(r.pod) {
		return
	}
	own, err := tree.Parse([]byte(pod.Find(r.proxy.Get("env").Items(), pod.PrometheusVariable).Get("value").Text()))
	if err != nil {
		own = nil
	}
	if port := pod.Find(r.proxy.Get("env").Items(), securePortVariable).Get("value").Text(); port != "" {
		r.dropAnnotation(securePortKey, port)
	}
	var targets []string
	for _, target := range own.Get("targets").Items() {
		targets = append(targets, target.Get("port").Text()+":"+target.Get("path").Text())
	}
	if len(targets) > 0 { // port and path are those of the first
		own = own.Without("port").Without("path")
		r.pod = pod.WithAnnotation(r.pod, targetsKey, strings.Join(targets, ","))
	}
	r.changeEach("annotations", func(m tree.Member) *tree.Value {
		key, ok := strings.CutPrefix(sanitised(m.Key), "prometheus_io_")
		if !ok || key != "scrape" && key != "port" && key != "path" {
			return m.Value
		}
		if before := own.Get(key).Text(); before != "" {
			return tree.NewString(before)
		}
		return nil
	})
}

// defaultStatusPort is the agent's in every mesh that says nothing else.
const defaultStatusPort = "15020"

// injectedStatusPort tells the port that injection took the agent to listen on.
func injectedStatusPort(p *tree.Value) string {
	if port, ok := pod.Annotations(p).Get(pod.StatusPortKey); ok {
		return port
	}
	if port := prometheusAnnotation(p, portAnnotation); port != "" && mergedPrometheus(p) {
		return port
	}
	return defaultStatusPort
}
