package webhook

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/outrigger-io/outrigger/pkg/configuration"
	"github.com/outrigger-io/outrigger/pkg/inject"
)

// shownOwn are texts of templates that show what is the pod's own, after they have done
// their worst to what pods share.
var shownOwn = []string{
	`{{ $_ := set .Values "last" (index .ObjectMeta.Annotations "own") }}{{ .Values.last }}`,
	`{{ $_ := set .Values.map "last" (index .ObjectMeta.Annotations "own") }}{{ .Values.map | toJson }}`,
	`{{ $_ := unset .Values.map "a" }}{{ $_ = set .Values.map "own" .ObjectMeta.Name }}{{ .Values.map.own }}`,
	`{{ mergeOverwrite .Values.map (dict "own" (index .ObjectMeta.Annotations "own")) | toJson }}`,
	`{{ $all := merge (dict "own" (index .ObjectMeta.Annotations "own")) .Values }}{{ $all.own }}`,
	`{{ $copy := deepCopy .Values }}{{ $_ := set $copy "own" .ObjectMeta.Name }}{{ $copy.own }}`,
	`{{ $names := list }}{{ range .Spec.Containers }}{{ $names = append $names .Name }}{{ end }}{{ join "," $names }}`,
	`{{ $names := .Values.list }}{{ range .Spec.Containers }}{{ $names = append $names .Name }}{{ end }}{{ join "," $names }}`,
	`{{ $names := .Values.long }}{{ range .Spec.Containers }}{{ $names = append $names .Name }}{{ end }}{{ join "," $names }}`,
	`{{ $names := concat .Values.long (list .ObjectMeta.Name) }}{{ $names = append $names .ObjectMeta.Name }}{{ last $names }}`,
	`{{ .Values.list | sortAlpha | first }}{{ .ObjectMeta.Name }}`,
	`{{ $ := dict "own" .ObjectMeta.Name }}{{ $.own }}`,
	`{{ mergeMaps .ProxyConfig.ProxyMetadata (strdict "x" "y") | toJson }}`,
	`{{ toJson .ProxyConfig.ProxyMetadata }}`,
	`{{ index .ObjectMeta.Annotations "own" | default .MeshConfig.TrustDomain }}`,
	`{{ range $key, $value := .ObjectMeta.Labels }}{{ $key }}{{ $value }}{{ end }}`,
}

// randomConfiguration has templates of such texts.
func randomConfiguration(random *rand.Rand) *configuration.Texts {
	var config strings.Builder
	config.WriteString("policy: enabled\ndefaultTemplates: [sidecar]\ntemplates:\n  sidecar: |\n    spec:\n      containers:\n      - name: istio-proxy\n        image: example.com/proxy\n        env:\n")
	for i := range 1 + random.IntN(8) {
		fmt.Fprintf(&config, "        - name: V%d\n          value: |-\n            %s\n", i, shownOwn[random.IntN(len(shownOwn))])
	}
	long := strings.TrimSuffix(strings.Repeat("z,", 40), ",")
	return &configuration.Texts{Sources: inject.Sources{
		Config: []byte(config.String()),
		Values: fmt.Appendf(nil, `{list: [c, b, a], long: [%s], map: {a: "1", b: "2"}, version: %d}`, long, random.Int()),
		Mesh:   []byte("defaultConfig: {proxyMetadata: {SHARED: x}}"),
	}}
}

var own = regexp.MustCompile(`own-[0-9]+-[0-9]+-end`)

// TestReloadsUnderLoad has 16 callers send pods while the configuration is another one
// every 10 ms. Under the race detector it shows that pods share nothing that changes;
// without, that none sees another's texts.
func TestReloadsUnderLoad(t *testing.T) {
	const callers, calls = 16, 60
	f := newFixture(t, nil)
	f.current.compile = func(t *configuration.Texts) (Engine, error) { return t.Compile(inject.Options{}) }
	random := rand.New(rand.NewPCG(1, 2))
	if err := f.current.Apply(randomConfiguration(random)); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	reloads := 0
	var reloading, calling sync.WaitGroup
	reloading.Go(func() {
		again := time.NewTicker(10 * time.Millisecond)
		defer again.Stop()
		for {
			select {
			case <-done:
				return
			case <-again.C:
				if err := f.current.Apply(randomConfiguration(random)); err != nil {
					t.Errorf("a configuration: %v", err)
				}
				reloads++
			}
		}
	})
	for caller := range callers {
		calling.Go(func() {
			for call := range calls {
				// Some are replicas of one another.
				mine := fmt.Sprintf("own-%d-%d-end", caller, call/3)
				w := f.post(creationOf(fmt.Sprintf(`{"metadata":{"name":%q,"labels":{"l":%q},"annotations":{"own":%q,"proxy.istio.io/config":"{proxyMetadata: {OWN: %s}}"}},`+
					`"spec":{"containers":[{"name":%q,"image":"i"},{"name":%[1]q,"image":"i"}]}}`, mine, mine, mine, mine, mine+"-c")))
				answer := answerOf(t, w).Response
				if !answer.Allowed || len(answer.Patch) == 0 {
					t.Errorf("not injected: %+v", answer.Result)
					return
				}
				for _, shown := range own.FindAllString(string(answer.Patch), -1) {
					if shown != mine {
						t.Errorf("the pod of %s has %s", mine, shown)
						return
					}
				}
			}
		})
	}
	calling.Wait()
	close(done)
	reloading.Wait()
	t.Logf("%d calls, %d reloads", callers*calls, reloads)
	if reloads == 0 {
		t.Error("nothing was reloaded")
	}
}
