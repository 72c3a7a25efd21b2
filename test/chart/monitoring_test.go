package chart_test

import (
	"crypto/tls"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/outrigger-io/outrigger/pkg/certs"
	"github.com/outrigger-io/outrigger/pkg/configuration"
	"github.com/outrigger-io/outrigger/pkg/webhook"
)

const (
	alerts    = "../../deploy/chart/alerts/outrigger.rules.yaml"
	dashboard = "../../deploy/chart/dashboards/outrigger.json"
	runbooks  = "../../docs/operations.md"
)

// TestAlerts runs promtool's unit tests. Its first run builds promtool, which takes
// some minutes.
func TestAlerts(t *testing.T) {
	for _, args := range [][]string{
		{"check", "rules", "--lint=all", "--lint-fatal", alerts},
		{"test", "rules", "testdata/alerts.yaml"},
	} {
		// Without the service discoveries, which are most of it and have nothing to
		// do with rules.
		promtool := exec.Command("go", append([]string{
			"run", "-modfile=../promtool/go.mod", "-tags=remove_all_sd", "github.com/prometheus/prometheus/cmd/promtool",
		}, args...)...)
		if out, err := promtool.CombinedOutput(); err != nil {
			t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
}

// TestEveryAlertIsTested has each alert fire in a test, and stay quiet in
// another.
func TestEveryAlertIsTested(t *testing.T) {
	text := readFile(t, "testdata/alerts.yaml")
	for _, rule := range rules(t) {
		anchor := regexp.QuoteMeta("#" + strings.ToLower(rule.Alert))
		if !regexp.MustCompile(anchor + `\b`).Match(text) {
			t.Errorf("no test has %s fire", rule.Alert)
		}
		if !regexp.MustCompile(`alertname: `+rule.Alert+`}`).Match(text) && rule.Alert != "OutriggerNoReadyReplica" {
			t.Errorf("no test has %s stay quiet while all is well", rule.Alert)
		}
	}
}

// TestRunbooks has each alert lead to its section.
func TestRunbooks(t *testing.T) {
	text := string(readFile(t, runbooks))
	const page = "https://github.com/outrigger-io/outrigger/blob/main/docs/operations.md#"
	for _, rule := range rules(t) {
		section, ok := strings.CutPrefix(rule.Annotations["runbook_url"], page)
		if !ok || section != strings.ToLower(rule.Alert) {
			t.Errorf("%s leads to %q", rule.Alert, rule.Annotations["runbook_url"])
		}
		if !strings.Contains(text, "\n### "+rule.Alert+"\n") {
			t.Errorf("%s has no section on %s", runbooks, rule.Alert)
		}
		if rule.Labels["severity"] == "" || rule.Annotations["summary"] == "" || rule.Annotations["description"] == "" {
			t.Errorf("%s lacks a severity, a summary or a description", rule.Alert)
		}
	}
}

// TestAlertsKnowTheirMetrics has alerts be about metrics that there are.
func TestAlertsKnowTheirMetrics(t *testing.T) {
	known := append(ownMetrics(t), "up") // which is of every scrape
	for _, rule := range rules(t) {
		checkMetrics(t, "alert "+rule.Alert, rule.Expr, known)
	}
}

type panel struct {
	ID          int
	Title, Type string
	Description string
	GridPos     struct{ X, Y, W, H int }
	Targets     []struct{ Expr, RefID string }
	Panels      []panel
}

// TestDashboard has the dashboard be one that Grafana takes, about metrics that
// there are.
func TestDashboard(t *testing.T) {
	var d struct {
		UID, Title    string
		SchemaVersion int
		Panels        []panel
		Templating    struct {
			List []struct {
				Name, Type string
				Definition string
			}
		}
	}
	text := readFile(t, dashboard)
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	// 36 was the first version with data sources as objects, which these panels have.
	if d.UID == "" || d.Title == "" || d.SchemaVersion < 36 {
		t.Errorf("uid %q, title %q, schema version %d", d.UID, d.Title, d.SchemaVersion)
	}
	known := append(ownMetrics(t), "up")
	variables := map[string]string{}
	for _, v := range d.Templating.List {
		variables[v.Name] = v.Type
		if metric := regexp.MustCompile(`^label_values\((\w+), *\w+\)$`).FindStringSubmatch(v.Definition); metric != nil {
			checkMetrics(t, "variable "+v.Name, metric[1], known)
		}
	}
	if variables["datasource"] != "datasource" {
		t.Errorf("no variable for the data source: %v", variables)
	}
	for _, used := range regexp.MustCompile(`\$\{?(\w+)`).FindAllStringSubmatch(string(text), -1) {
		if _, ok := variables[used[1]]; !ok && !strings.HasPrefix(used[1], "__") {
			t.Errorf("variable %q is used and not there", used[1])
		}
	}
	if uids := regexp.MustCompile(`"type": "prometheus",\s+"uid": "([^"]*)"`).FindAllStringSubmatch(string(text), -1); len(uids) == 0 {
		t.Error("no panel has a Prometheus for its data source")
	} else {
		for _, uid := range uids {
			if uid[1] != "${datasource}" {
				t.Errorf("a panel has the data source %q", uid[1])
			}
		}
	}
	ids := map[int]string{}
	taken := map[[2]int]string{}
	for _, p := range d.Panels {
		if other, ok := ids[p.ID]; ok || p.ID == 0 {
			t.Errorf("panels %q and %q both have id %d", other, p.Title, p.ID)
		}
		ids[p.ID] = p.Title
		for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
			for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
				if other, ok := taken[[2]int{x, y}]; ok || x >= 24 {
					t.Fatalf("panel %q lies over %q or beyond the edge", p.Title, other)
				}
				taken[[2]int{x, y}] = p.Title
			}
		}
		if p.Type == "row" {
			continue
		}
		if p.Description == "" || len(p.Targets) == 0 {
			t.Errorf("panel %q has no description or shows nothing", p.Title)
		}
		for _, target := range p.Targets {
			checkMetrics(t, fmt.Sprintf("panel %q", p.Title), target.Expr, known)
		}
	}
}

// checkMetrics parses an expression and looks up the metrics that it names.
func checkMetrics(t *testing.T, where, expr string, known []string) {
	t.Helper()
	expr = strings.NewReplacer("$__rate_interval", "5m", "$__range", "1h").Replace(expr)
	parsed, err := parser.NewParser(parser.Options{}).ParseExpr(expr)
	if err != nil {
		t.Errorf("%s: %v in %s", where, err, expr)
		return
	}
	parser.Inspect(parsed, func(node parser.Node, _ []parser.Node) error {
		if selector, ok := node.(*parser.VectorSelector); ok && !slices.Contains(known, selector.Name) {
			t.Errorf("%s is about %s, which there is not", where, selector.Name)
		}
		return nil
	})
}

// ownMetrics are the names of what a server's registry holds.
func ownMetrics(t *testing.T) []string {
	t.Helper()
	registry := prometheus.NewRegistry()
	certs.NewMetrics(registry)
	if _, err := webhook.New(webhook.Options{
		Certificate:    func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return nil, nil },
		Compile:        func(*configuration.Texts) (webhook.Engine, error) { return nil, nil },
		Configuration:  webhook.Fixed{Texts: &configuration.Texts{}},
		NativeSidecars: webhook.Always(true),
		Log:            slog.New(slog.DiscardHandler),
		Registry:       registry,
	}); err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	descriptions := make(chan *prometheus.Desc)
	go func() {
		registry.Describe(descriptions)
		close(descriptions)
	}()
	// A description tells its name in its text only.
	quoted := regexp.MustCompile(`fqName: "([^"]+)"`)
	for d := range descriptions {
		names[quoted.FindStringSubmatch(d.String())[1]] = true
	}
	// Collectors of the runtime need not describe all that they gather.
	gathered, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range gathered {
		names[family.GetName()] = true
	}
	for _, name := range slices.Collect(maps.Keys(names)) {
		if strings.HasSuffix(name, "_time_seconds") {
			names[name+"_bucket"], names[name+"_count"], names[name+"_sum"] = true, true, true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

func rules(t *testing.T) []rulefmt.Rule {
	t.Helper()
	groups, errs := rulefmt.ParseFile(alerts, false, model.UTF8Validation, parser.NewParser(parser.Options{}), slog.New(slog.DiscardHandler))
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	var all []rulefmt.Rule
	for _, group := range groups.Groups {
		all = append(all, group.Rules...)
	}
	return all
}

func readFile(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
