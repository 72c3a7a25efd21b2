package inject

// Reasons to leave objects in manifests as they are. Whoever reads manifests gives
// them: no such object comes to the engine.
const (
	KnativeService       Reason = "KnativeService"       // Knative refuses what injection adds to its objects
	TemplateNotProcessed Reason = "TemplateNotProcessed" // an OpenShift Template, whose objects are not looked into
	PodTemplateUnnamed   Reason = "PodTemplateUnnamed"   // a kind that is not known has what looks like a pod template
)
