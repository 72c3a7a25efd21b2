package rule

import (
	"testing"
)

func TestProxyIDsOnOpenShift(t *testing.T) {
	for _, c := range []struct {
		uids, groups string
		uid, gid     int64
		err          string
	}{
		{"1000620000/10000", "1000620000/10000", 1000629999, 1000629999, ""},
		{"1000-1999", "5/5,100/7", 1999, 9, ""},
		{"1000/10", "", 1009, 1009, ""},
		{"", "", 1337, 1337, ""},
		{"many", "", 0, 0, `namespace annotation openshift.io/sa.scc.uid-range: "many" is neither start/size nor start-end`},
		{"1/1", "x/1", 0, 0, `namespace annotation openshift.io/sa.scc.supplemental-groups: "x/1" is neither start/size nor start-end`},
		{"20-10", "", 0, 0, `namespace annotation openshift.io/sa.scc.uid-range: "20-10" is neither start/size nor start-end`},
	} {
		annotations := map[string]string{UIDRangeKey: c.uids, SupplementalGroupsKey: c.groups}
		if c.uids == "" {
			delete(annotations, UIDRangeKey)
		}
		uid, gid, err := ProxyIDs(annotations)
		if err != nil && err.Error() != c.err || err == nil && c.err != "" || uid != c.uid || gid != c.gid {
			t.Errorf("%q, %q: %d, %d, %v", c.uids, c.groups, uid, gid, err)
		}
	}
}
