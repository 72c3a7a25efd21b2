package manifest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"testing"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

// injection is a patch of the size and shape of a sidecar's.
func injection() tree.Patch {
	container := func(name string) string {
		var env bytes.Buffer
		for i := range 24 {
			fmt.Fprintf(&env, `{"name":"VAR_%d","valueFrom":{"fieldRef":{"fieldPath":"metadata.name"}}},`, i)
		}
		return fmt.Sprintf(`{"name":%q,"image":"example.org/proxy:1","args":["proxy","sidecar","--domain","$(NS).svc.cluster.local"],`+
			`"env":[%s{"name":"LAST","value":"{\"a\":\"b\"}"}],"resources":{"limits":{"cpu":"2","memory":"1Gi"}},`+
			`"volumeMounts":[{"name":"a","mountPath":"/a"},{"name":"b","mountPath":"/b"}]}`, name, env.String())
	}
	return tree.Patch{
		tree.NewOperation("add", "/metadata/annotations", json.RawMessage(`{"sidecar/status":"{\"containers\":[\"proxy\"]}"}`)),
		tree.NewOperation("add", "/metadata/labels/mesh", json.RawMessage(`"yes"`)),
		tree.NewOperation("add", "/spec/containers/1", json.RawMessage(container("proxy"))),
		tree.NewOperation("add", "/spec/initContainers", json.RawMessage(`[`+container("init")+`]`)),
		tree.NewOperation("add", "/spec/volumes", json.RawMessage(`[{"name":"a","emptyDir":{}},{"name":"b","emptyDir":{"medium":"Memory"}}]`)),
	}
}

// stream is a stream of n Deployments, each with its Service and ServiceAccount.
func stream(n int) []byte {
	var b bytes.Buffer
	for i := range n {
		fmt.Fprintf(&b, `# application %[1]d
apiVersion: v1
kind: Service
metadata:
  name: app-%[1]d
  labels:
    app: app-%[1]d
spec:
  ports:
  - port: 9080
    name: http
  selector:
    app: app-%[1]d
---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: app-%[1]d
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: app-%[1]d
  labels:
    app: app-%[1]d
spec:
  replicas: 1
  selector:
    matchLabels:
      app: app-%[1]d
  template:
    metadata:
      labels:
        app: app-%[1]d
    spec:
      serviceAccountName: app-%[1]d
      containers:
      - name: app
        image: example.org/app:%[1]d
        imagePullPolicy: IfNotPresent
        ports:
        - containerPort: 9080
        env:
        - name: LOG_DIR
          value: "/tmp/logs"
---
`, i)
	}
	return b.Bytes()
}

func BenchmarkRewrite(b *testing.B) {
	text, patch := stream(1200), injection()
	for name, edit := range map[string]func(Workload) (tree.Patch, error){
		"Untouched": func(Workload) (tree.Patch, error) { return nil, nil },
		"Injected":  func(Workload) (tree.Patch, error) { return patch, nil },
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				if err := Rewrite(io.Discard, bytes.NewReader(text), Options{}, edit); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
