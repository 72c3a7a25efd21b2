package rule

import (
	"strings"
	"testing"

	"github.com/outrigger-io/outrigger/pkg/pod"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

func TestProxyIDsOnOpenShift(t *testing.T) {
	const none = "not there"
	for _, c := range []struct {
		uids, groups string
		uid, gid     int64
		warnings     string
	}{
		{"1000620000/10000", "1000620000/10000", 1000629999, 1000629999, ""},
		{"1000-1999", "5/5,100/7", 1999, 9, ""},
		{"1000/10", none, 1009, 1009, ""},
		{"1000/10,2000/10", none, 1009, 1009, ""},
		{none, none, 1337, 1337, ""},
		// Each of the two stands by itself.
		{none, "1000/10", 1337, 1009, ""},
		{none, "1000-1999", 1337, 1999, ""},
		{"many", "1000/10", 1337, 1009, `uid-range: "many" is neither start/size nor start-end: the proxy's user is 1337`},
		{"1/1", "x/1", 1, 1337, `supplemental-groups: "x/1" is neither start/size nor start-end: the proxy's group is 1337`},
		{"1/1", "5/5,", 1, 1337, `supplemental-groups: "" is neither start/size nor start-end: the proxy's group is 1337`},
		{"1/1", "", 1, 1337, `supplemental-groups: "" is neither`},
		{"many", none, 1337, 1337, `uid-range: "many" is neither start/size nor start-end: the proxy's group is 1337`},
		{"", none, 1337, 1337, `uid-range: "" is neither`},
		{"1000", none, 1337, 1337, `uid-range: "1000" is neither`},
		{"1000/", none, 1337, 1337, `uid-range: "1000/" is neither`},
		{"-5/3", none, 1337, 1337, `uid-range: "-5/3" is neither`},
		{"99999999999/3", none, 1337, 1337, `uid-range: "99999999999/3" is neither`},
		{"4294967290/3", none, 1337, 1337, `uid-range: "4294967290/3" ends with 4294967292, which is no id`},
		{"0/0", none, 1337, 1337, `uid-range: "0/0" has no ids`},
		{"1000/0", none, 1337, 1337, `uid-range: "1000/0" has no ids`},
		{"1000/1", "1000/0,2000/5", 1000, 1337, `supplemental-groups: "1000/0" has no ids: the proxy's group is 1337`},
		{"1000/1", "2000/5,1000/0", 1000, 1337, `supplemental-groups: "1000/0" has no ids`},
		{"2000-1000", none, 1337, 1337, `uid-range: "2000-1000" ends before it begins`},
		{"1000-1000", none, 1000, 1000, ""},
		// Past 32 bits: not around to root.
		{"4294967295/2", none, 1337, 1337, `uid-range: "4294967295/2" ends with 4294967296, which is no id`},
		{"2/4294967295", none, 1337, 1337, `uid-range: "2/4294967295" ends with 4294967296, which is no id`},
		{"1/99999999999999999999", none, 1337, 1337, `is neither`},
		{"2147483640/8", none, 2147483647, 2147483647, ""},
		{"2147483640/9", none, 1337, 1337, `ends with 2147483648, which is no id`},
		// Blanks before a number are none; anywhere else they end it.
		{" 1000/10", "5/5, 100/7", 1009, 9, ""},
		{"1000 /10", none, 1337, 1337, `"1000 /10" is neither`},
		{"1000/ 10 ", none, 1009, 1009, ""},
		{"1000/10-3", none, 1009, 1009, ""},
		{"1000-2000/5", none, 1337, 1337, `is neither`},
		{"1000--5", none, 1337, 1337, `is neither`},
		{"1000/-5", none, 1337, 1337, `is neither`},
	} {
		annotations := map[string]string{}
		for key, value := range map[string]string{UIDRangeKey: c.uids, SupplementalGroupsKey: c.groups} {
			if value != none {
				annotations[key] = value
			}
		}
		uid, gid, warnings := ProxyIDs(annotations)
		said := strings.Join(warnings, "\n")
		if uid != c.uid || gid != c.gid || (said == "") != (c.warnings == "") || !strings.Contains(said, c.warnings) {
			t.Errorf("%q, %q: %d, %d, %s", c.uids, c.groups, uid, gid, said)
		}
	}
}

// TestOwnProxyOnOpenShift has the platform give the ids of an application to the
// workload's own proxy, too.
func TestOwnProxyOnOpenShift(t *testing.T) {
	const app, same, other = `{"name":"app","securityContext":{"runAsUser":1000700000}}`, `{"runAsUser":1000700000,"runAsGroup":5,"privileged":false}`, `{"runAsUser":7,"runAsGroup":5,"privileged":false}`
	for _, c := range []struct{ list, others, security, want string }{
		{"containers", app, same, `{"privileged":false}`},
		{"initContainers", app, same, `{"privileged":false}`},
		{"containers", app, other, other},
		{"initContainers", app, other, other},
		{"initContainers", `{"name":"app"}`, same, same},
		{"initContainers", `{"name":"app"},` + app, same, `{"privileged":false}`},
		{"containers", app, `{"runAsGroup":5}`, `{"runAsGroup":5}`},
		{"initContainers", app, `null`, `null`},
	} {
		proxy := `{"name":"istio-proxy","securityContext":` + c.security + `}`
		lists := `"containers":[` + c.others + `,` + proxy + `]`
		if c.list == "initContainers" {
			lists = `"initContainers":[{"name":"setup"},` + proxy + `],"containers":[` + c.others + `]`
		}
		p, err := tree.Parse([]byte(`{"spec":{` + lists + `}}`))
		if err != nil {
			t.Fatal(err)
		}
		if p, err = (OpenShift{}).Apply(p, &Facts{}); err != nil {
			t.Fatal(err)
		}
		list, _, got := pod.FindProxy(p)
		if text := string(got.Get("securityContext").JSON()); list != c.list || text != c.want {
			t.Errorf("among the %s beside %s: %s, want %s", c.list, c.others, text, c.want)
		}
	}
}
