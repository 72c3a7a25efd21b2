package chart

// inCluster is what a cluster says that it has, of what the chart asks about.
var inCluster = []string{"admissionregistration.k8s.io/v1/MutatingWebhookConfiguration"}

// Options are the installations that tests go over: every option, alone and with
// others that touch the same objects.
var Options = map[string]Release{
	"default":              {},
	"in a cluster":         {APIVersions: inCluster},
	"on OpenShift":         {APIVersions: append([]string{"security.openshift.io/v1"}, inCluster...)},
	"elsewhere":            {Name: "sidecars", Namespace: "mesh-tools"},
	"revision default":     {Values: values{"revision": "default"}},
	"revision canary":      {Values: values{"revision": "canary"}, APIVersions: inCluster},
	"revision like number": {Values: values{"revision": "1-30"}},
	"profile":              {Values: values{"configuration": values{"profile": "istio-1.0"}}},
	"own configuration":    {Values: values{"configuration": OwnConfiguration}},
	"own configuration, canary": {Values: values{
		"revision": "canary", "configuration": OwnConfiguration,
	}},
	"a mesh's configuration": {Values: values{"configuration": values{"source": "mesh"}}},
	"a mesh's configuration, canary": {Values: values{
		"revision": "canary", "configuration": values{"source": "mesh", "namespace": "mesh-system"},
	}},
	"a mesh's configuration, named": {Values: values{"configuration": values{
		"source": "mesh", "injectorConfigMap": "injector", "meshConfigMap": "mesh",
	}}},
	"native sidecars":      {Values: values{"nativeSidecars": "true"}},
	"openshift by name":    {Values: values{"platform": "openshift"}},
	"certificates of self": {Values: values{"certSelf": values{"caLifetime": "720h", "leafLifetime": "1h", "caPropagation": "1m"}}},
	"cert-manager":         {Values: values{"certMode": "cert-manager"}, APIVersions: inCluster},
	"cert-manager, canary": {Values: values{"certMode": "cert-manager", "revision": "canary"}},
	"cert-manager, issuer": {Values: values{"certMode": "cert-manager", "certManager": values{
		"issuerRef": values{"name": "company", "kind": "ClusterIssuer", "group": "cert-manager.io"},
	}}},
	"files":                 {Values: values{"certMode": "files", "certFiles": values{"secretName": "served"}}},
	"files, bundle":         {Values: values{"certMode": "files", "certFiles": values{"secretName": "served", "caBundle": Bundle}}},
	"no more rights needed": {Values: values{"certMode": "files", "certFiles": values{"secretName": "served"}, "nativeSidecars": "false"}},
	"no webhook":            {Values: values{"webhook": values{"enabled": false}}, APIVersions: inCluster},
	"webhook":               {Values: values{"webhook": values{"timeoutSeconds": 10, "path": "/inject/cluster/east/net/one"}}},
	"webhook, for AKS": {Values: values{"webhook": values{
		"failurePolicy": "Ignore", "reinvocationPolicy": "Never", "neverNamespaces": []any{"gatekeeper-system", "123"},
		"namespaceSelector": []any{values{"key": "control-plane", "operator": "DoesNotExist"}},
		"objectSelector":    []any{values{"key": "tier", "operator": "NotIn", "values": []any{"system", "true"}}},
		"labels":            values{"team": "mesh"},
		"annotations":       values{"admissions.enforcer/disabled": "true"},
	}}},
	"a server elsewhere": {Values: values{
		"certMode": "cert-manager", "configuration": OwnConfiguration, "priorityClassQuota": true, "autoscaling": values{"enabled": true},
		"serviceMonitor": values{"enabled": true}, "replicas": 0,
		"webhook": values{"url": "https://mesh.example.org:15017/inject/cluster/east", "caBundle": Bundle},
	}, APIVersions: inCluster},
	"tags":                 {Values: values{"revision": "1-30", "revisionTags": []any{"prod", "123"}}},
	"tag default":          {Values: values{"revision": "canary", "revisionTags": []any{"default"}}},
	"every namespace":      {Values: values{"enableNamespacesByDefault": true}, APIVersions: inCluster},
	"every namespace, tag": {Values: values{"revision": "canary", "revisionTags": []any{"prod", "default"}, "enableNamespacesByDefault": true}},
	"host network":         {Values: values{"hostNetwork": true, "ports": values{"webhook": 25017, "metrics": 25014}}},
	"host network, alone":  {Values: values{"hostNetwork": true, "replicas": 1, "dnsPolicy": "Default"}},
	"host network, scaled": {Values: values{"hostNetwork": true, "replicas": 1, "autoscaling": values{"enabled": true}}},
	"ports":                {Values: values{"ports": values{"webhook": 8443}}},
	"named like numbers":   {Name: "123", Namespace: "1e3", Values: values{"certMode": "cert-manager"}},
	"one replica":          {Values: values{"replicas": 1, "podDisruptionBudget": values{"enabled": false}}},
	"budget in percent":    {Values: values{"podDisruptionBudget": values{"maxUnavailable": "50%"}}},
	"image": {Values: values{
		"image":            values{"repository": "mirror.example/outrigger", "tag": "edge", "pullPolicy": "Always"},
		"imagePullSecrets": []any{values{"name": "mirror"}},
	}},
	"image by digest": {Values: values{"image": values{
		"digest": "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
	}}},
	"callers by a ConfigMap": {Values: values{"clientCA": values{"configMapName": "api-servers"}}},
	"callers by a Secret": {Values: values{
		"certMode": "files", "certFiles": values{"secretName": "served"},
		"clientCA": values{"secretName": "api-servers", "key": "client-ca.pem"},
	}},
	"no memory limit": {Values: values{"resources": values{"limits": values{"memory": nil}}}},
	"resources":       {Values: values{"resources": values{"requests": values{"cpu": "1"}, "limits": values{"cpu": "2", "memory": "1Gi"}}}},
	"priority":        {Values: values{"priorityClassName": "", "priorityClassQuota": true}},
	"quota":           {Values: values{"priorityClassQuota": true}},
	"autoscaling":     {Values: values{"autoscaling": values{"enabled": true}}},
	"spread":          {Values: values{"topologySpread": values{"nodes": "DoNotSchedule", "zones": ""}}},
	"no spread":       {Values: values{"topologySpread": values{"nodes": "", "zones": ""}}},
	"slow shutdown":   {Values: values{"shutdownDelaySeconds": 25}},
	"scheduling": {Values: values{
		"nodeSelector": values{"pool": "system"},
		"tolerations":  []any{values{"key": "CriticalAddonsOnly", "operator": "Exists"}},
		"affinity": values{"nodeAffinity": values{"requiredDuringSchedulingIgnoredDuringExecution": values{"nodeSelectorTerms": []any{
			values{"matchExpressions": []any{values{"key": "pool", "operator": "Exists"}}},
		}}}},
	}},
	"metadata": {Values: values{
		"commonLabels":   values{"team": "platform"},
		"podLabels":      values{"tier": "control"},
		"podAnnotations": values{"prometheus.io/scrape": "true"},
		"serviceAccount": values{"annotations": values{"note": "of the injector"}},
	}},
	"arguments":         {Values: values{"logLevel": "debug", "logFormat": "text", "clusterDomain": "corp.local", "extraArgs": []any{"--clock-skew=1m"}}},
	"no network policy": {Values: values{"networkPolicy": values{"enabled": false}}},
	"network policy": {Values: values{"networkPolicy": values{
		"apiServerPorts": []any{},
		"webhookFrom":    []any{values{"ipBlock": values{"cidr": "10.0.0.0/28"}}},
		"metricsFrom":    []any{values{"namespaceSelector": values{"matchLabels": values{"name": "monitoring"}}}},
	}}},
	"monitoring": {Values: values{
		"serviceMonitor": values{"enabled": true, "interval": "15s", "labels": values{"prometheus": "main"}},
		"prometheusRule": values{"enabled": true, "labels": values{"prometheus": "main"}},
		"dashboard":      values{"enabled": true},
	}},
	"everything on": {Name: "injector", Values: values{
		"revision": "canary", "configuration": OwnConfiguration, "platform": "openshift", "certMode": "cert-manager",
		"priorityClassQuota": true, "autoscaling": values{"enabled": true},
		"serviceMonitor": values{"enabled": true}, "prometheusRule": values{"enabled": true}, "dashboard": values{"enabled": true},
		"commonLabels": values{"team": "platform"}, "podLabels": values{"tier": "control"}, "podAnnotations": values{"a": "b"},
		"imagePullSecrets": []any{values{"name": "mirror"}},
	}, APIVersions: append([]string{"security.openshift.io/v1"}, inCluster...)},
}

type values = map[string]any

// OwnConfiguration is the value "configuration" for texts of the user's own.
var OwnConfiguration = values{
	"source": "values",
	"config": "policy: enabled\ntemplates:\n  sidecar: |\n    {{ .ObjectMeta.Name }}: \"quoted\"\n",
	"values": `{"global": {"hub": "example"}}`,
	"mesh":   "trustDomain: example.org\n",
}

// Bundle is the value of certFiles.caBundle in Options.
const Bundle = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
