// Package webhook is the admission server: it turns AdmissionReviews into calls
// of an injection engine and the engine's results into answers, keeps the engine
// up to date with its configuration, and tells how it fares.
//
// A Server puts the parts together. Each part stands in a file of its own: the
// Handler with its review and answer, Current with the configuration in force,
// the sources Files and ConfigMaps that feed it, the Nodes and Namespaces that
// injection asks about, health, metrics, and the MutatingWebhookConfigurations
// that send the API server's calls here.
package webhook
