package manifest

import (
	"slices"

	"github.com/outrigger-io/outrigger/pkg/inject"
)

// builtin are the kinds of spec: injection.md section 11, and those of the
// projects that people most often run beside a mesh.
var builtin = slices.Concat([]Kind{
	templateAt("", "Pod"),
	templateAt("", "PodTemplate", "template"),
	templateAt("", "ReplicationController", "spec", "template"),
	templateAt("", "DeploymentConfig", "spec", "template"),
	templateAt("apps.openshift.io", "DeploymentConfig", "spec", "template"),
	templateAt("apps", "Deployment", "spec", "template"),
	templateAt("apps", "DaemonSet", "spec", "template"),
	templateAt("apps", "ReplicaSet", "spec", "template"),
	templateAt("apps", "StatefulSet", "spec", "template"),
	templateAt("extensions", "Deployment", "spec", "template"),
	templateAt("extensions", "DaemonSet", "spec", "template"),
	templateAt("extensions", "ReplicaSet", "spec", "template"),
	templateAt("batch", "Job", "spec", "template"),
	cronJob,
	templateAt("apps.kruise.io", "CloneSet", "spec", "template"),
	templateAt("apps.kruise.io", "StatefulSet", "spec", "template"),
	templateAt("apps.kruise.io", "DaemonSet", "spec", "template"),
	templateAt("apps.kruise.io", "BroadcastJob", "spec", "template"),
	templateAt("keda.sh", "ScaledJob", "spec", "jobTargetRef", "template"),
	notebook,
	templateAt("jobset.x-k8s.io", "JobSet", "spec", "replicatedJobs", EachItem, "template", "spec", "template"),
	templateAt("batch.volcano.sh", "Job", "spec", "tasks", EachItem, "template"),
	templateAt("argoproj.io", "Experiment", "spec", "templates", EachItem, "template"),
},
	optional(
		// A Rollout may name a Deployment (workloadRef) in place of a template.
		templateAt("argoproj.io", "Rollout", "spec", "template"),
		templateAt("leaderworkerset.x-k8s.io", "LeaderWorkerSet", "spec", "leaderWorkerTemplate", "leaderTemplate"),
		templateAt("leaderworkerset.x-k8s.io", "LeaderWorkerSet", "spec", "leaderWorkerTemplate", "workerTemplate"),
		// Their operator makes pods without one, too.
		templateAt("elasticsearch.k8s.elastic.co", "Elasticsearch", "spec", "nodeSets", EachItem, "podTemplate"),
		templateAt("kibana.k8s.elastic.co", "Kibana", "spec", "podTemplate"),
		// A RayJob may name a cluster (clusterSelector) in place of a template.
		templateAt("ray.io", "RayJob", "spec", "submitterPodTemplate"),
	),
	rayCluster("RayCluster", "spec"),
	rayCluster("RayJob", "spec", "rayClusterSpec"),
	rayCluster("RayService", "spec", "rayClusterConfig"),
	trainingJobs(),
	leftAlone(inject.KnativeService,
		templateAt(knative, "Service", "spec", "template"),
		templateAt(knative, "Configuration", "spec", "template"),
		templateAt(knative, "Revision"),
	),
)

// cronJob has two metadata above its pod's spec. The pods get those of the pod
// template, which is where people write what is for them, and what is for injection.
// Those of the job template are heard, too: they are the ones that the mesh's own
// command reads and writes.
var cronJob = Kind{
	Group:    "batch",
	Name:     "CronJob",
	Metadata: []string{"spec", "jobTemplate", "spec", "template", "metadata"},
	Spec:     []string{"spec", "jobTemplate", "spec", "template", "spec"},
	Outer:    []string{"spec", "jobTemplate", "metadata"},
}

// notebook has a template without metadata: its pods get the notebook's own labels
// and annotations.
var notebook = Kind{
	Group:    "kubeflow.org",
	Name:     "Notebook",
	Metadata: []string{"metadata"},
	Spec:     []string{"spec", "template", "spec"},
}

// rayCluster is the two pod templates of a cluster at a path.
func rayCluster(kind string, path ...string) []Kind {
	head := slices.Concat(path, []string{"headGroupSpec", "template"})
	workers := slices.Concat(path, []string{"workerGroupSpecs", EachItem, "template"})
	return optional(templateAt("ray.io", kind, head...), templateAt("ray.io", kind, workers...))
}

// trainingJobs have a pod template for each role, such as Master and Worker.
func trainingJobs() []Kind {
	var all []Kind
	for name, roles := range map[string]string{
		"MPIJob": "mpiReplicaSpecs", "PyTorchJob": "pytorchReplicaSpecs", "TFJob": "tfReplicaSpecs",
		"XGBoostJob": "xgbReplicaSpecs", "PaddleJob": "paddleReplicaSpecs",
	} {
		all = append(all, templateAt("kubeflow.org", name, "spec", roles, EachMember, "template"))
	}
	return all
}

const knative = "serving.knative.dev"

func optional(list ...Kind) []Kind {
	for i := range list {
		list[i].Optional = true
	}
	return list
}

func leftAlone(why inject.Reason, list ...Kind) []Kind {
	for i := range list {
		list[i].leftAlone = why
	}
	return list
}
