package rule

import (
	"slices"
	"strconv"

	"github.com/outrigger-io/outrigger/pkg/pod"
	"github.com/outrigger-io/outrigger/pkg/podtemplate"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// Concurrency gives the proxy as many threads as it has whole processors, as argument
// --concurrency, where the template says none (1.1 to 1.8). What comes after 1.8 sees
// the number in the template, or leaves it to the proxy.
type Concurrency struct{}

const concurrencyFlag = "--concurrency"

// Name implements Rule.
func (Concurrency) Name() string { return "concurrency" }

// Apply implements Rule.
func (Concurrency) Apply(p *tree.Value, _ *Facts) (*tree.Value, error) {
	return pod.UpdateProxy(p, func(proxy *tree.Value) *tree.Value {
		args := proxy.Get("args").Items()
		at := slices.IndexFunc(args, func(a *tree.Value) bool { return a.Text() == concurrencyFlag })
		if at >= 0 && at+1 < len(args) && args[at+1].Text() != "0" {
			return proxy
		}
		n := podtemplate.WholeProcessors(proxy.Get("resources", "limits", "cpu").Text())
		if n == 0 {
			n = podtemplate.WholeProcessors(proxy.Get("resources", "requests", "cpu").Text())
		}
		if n == 0 {
			return proxy
		}
		threads := tree.NewString(strconv.Itoa(n))
		if at >= 0 && at+1 < len(args) {
			args = slices.Clone(args)
			args[at+1] = threads
		} else {
			args = append(slices.Clone(args), tree.NewString(concurrencyFlag), threads)
		}
		return proxy.With("args", tree.NewArray(args...))
	}), nil
}

// Revert does nothing: the proxy goes as a whole.
func (Concurrency) Revert(*Removal) {}
