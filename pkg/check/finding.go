package check

import apierrors "k8s.io/apimachinery/pkg/api/errors"

// Severity is how bad a finding is.
type Severity string

const (
	// Error: pods are refused, or come without the sidecar that they ask for.
	Error Severity = "error"
	// Warning: nothing fails now, or it could not be looked at.
	Warning Severity = "warning"
	// Info is worth knowing and no fault.
	Info Severity = "info"
	// OK: it was looked at and is right.
	OK Severity = "ok"
)

// Reason names what was found. The vocabulary is closed: scripts and the
// documentation rely on the words.
type Reason string

// What is wrong with an installation as a whole, or with looking at it.
const (
	NoInstallation Reason = "NoInstallation" // there is no sign of Outrigger
	NotLookedAt    Reason = "NotLookedAt"    // it could not be read
)

// What is found of webhook configurations.
const (
	WebhookInPlace      Reason = "WebhookInPlace"      // ok
	WebhookMissing      Reason = "WebhookMissing"      // no pod is sent to Outrigger
	WebhookEmpty        Reason = "WebhookEmpty"        // the configuration has no entries
	WebhookDisabled     Reason = "WebhookDisabled"     // the configuration was installed as one that sends no pod
	WebhookClosed       Reason = "WebhookClosed"       // entries have no rules yet
	WebhookSendsNoPods  Reason = "WebhookSendsNoPods"  // an entry's rules do not match the creation of pods
	FailurePolicyIgnore Reason = "FailurePolicyIgnore" // pods come without sidecars while nothing answers
	DoubleInjection     Reason = "DoubleInjection"     // two injectors get the same pods
	OtherWebhook        Reason = "OtherWebhook"        // somebody else's webhook also gets pods
)

// What is found of the Service and who stands behind it.
const (
	EndpointsReady   Reason = "EndpointsReady" // ok
	ServiceMissing   Reason = "ServiceMissing"
	ServicePort      Reason = "ServicePort"      // the Service lacks the port that is called
	NoEndpoints      Reason = "NoEndpoints"      // nobody answers
	EndpointsUnready Reason = "EndpointsUnready" // some do
)

// What is found of versions.
const (
	VersionsAgree  Reason = "VersionsAgree"  // ok
	VersionsDiffer Reason = "VersionsDiffer" // of the replicas, or of them and the command
)

// What is found of certificates.
const (
	BundleTrusts       Reason = "BundleTrusts"       // ok
	ServedTrusted      Reason = "ServedTrusted"      // ok
	BundleEmpty        Reason = "BundleEmpty"        // the CA bundle holds no certificate
	BundleDistrusts    Reason = "BundleDistrusts"    // the CA bundle does not verify what is served
	BundleOutOfSync    Reason = "BundleOutOfSync"    // the CA bundle is not what it should be, yet calls succeed
	BundleUnkept       Reason = "BundleUnkept"       // nobody sees to the CA bundle
	AuthorityUnsound   Reason = "AuthorityUnsound"   // the Secret of the authority is gone, unusable or late
	CertificateExpired Reason = "CertificateExpired" // of the authority, or the one that is served
	CertificateName    Reason = "CertificateName"    // the certificate is not for the Service
	CertificateMissing Reason = "CertificateMissing" // the Secret with it is gone or unusable
	CertificateUnready Reason = "CertificateUnready" // cert-manager does not issue it
	IssuerUnready      Reason = "IssuerUnready"      // cert-manager's authority cannot sign it
	NotReachable       Reason = "NotReachable"       // a replica that was to be asked, from here
)

// What is found of the injection's configuration.
const (
	ConfigurationCompiles Reason = "ConfigurationCompiles" // ok
	ConfigMapMissing      Reason = "ConfigMapMissing"      // or a key of it
	ConfigurationInvalid  Reason = "ConfigurationInvalid"  // it does not compile
	ConfigurationRefuses  Reason = "ConfigurationRefuses"  // it compiles, and refuses an ordinary pod
	ConfigurationSkips    Reason = "ConfigurationSkips"    // it compiles, and leaves an ordinary pod alone
	ConfigurationIgnores  Reason = "ConfigurationIgnores"  // something in it has no effect
)

// What is found of namespaces.
const (
	NamespacesInjected     Reason = "NamespacesInjected"     // ok
	NoNamespaces           Reason = "NoNamespaces"           // none asks for injection
	NamespaceUnserved      Reason = "NamespaceUnserved"      // it asks for injection, and nobody injects
	NamespaceLabelUnknown  Reason = "NamespaceLabelUnknown"  // a label's value means nothing
	NamespaceAmbiguous     Reason = "NamespaceAmbiguous"     // of two labels one is ignored
	SelectorMisses         Reason = "SelectorMisses"         // it asks for injection, and an entry's selectors disagree
	NamespaceNeverInjected Reason = "NamespaceNeverInjected" // it asks for injection, and is exempt
)

// What is found before an installation.
const (
	KubernetesSupported Reason = "KubernetesSupported" // ok
	RightsEnough        Reason = "RightsEnough"        // ok
	KubernetesTooOld    Reason = "KubernetesTooOld"    // its webhooks lack what Outrigger's use
	RightsLacking       Reason = "RightsLacking"       // whoever looks may not install
	InstalledAlready    Reason = "InstalledAlready"    // the revision is there
	PolicyInTheWay      Reason = "PolicyInTheWay"      // a NetworkPolicy that the API server has to pass
	NamespacesWaiting   Reason = "NamespacesWaiting"   // labelled already
)

// Finding is one thing that was found.
type Finding struct {
	Severity Severity `json:"severity"`
	Reason   Reason   `json:"reason"`
	// Subject is the object, as kind and name.
	Subject string `json:"subject"`
	// What is the sentence about it, for people.
	What string `json:"what"`
	// Next is what to do about it. Empty where nothing is to be done.
	Next string `json:"next,omitempty"`
}

// WorthWaiting says that something is wrong, or about to be right.
func (f Finding) WorthWaiting() bool {
	return f.Severity == Error || f.Reason == WebhookClosed || f.Reason == EndpointsUnready
}

// Judge says of everything that was observed how it stands.
func Judge(o *Observation) []Finding {
	var findings []Finding
	for _, i := range o.Installations {
		findings = append(findings, i.judge(o)...)
	}
	findings = append(findings, o.judgeOthers()...)
	findings = append(findings, o.judgeNamespaces()...)
	return append(findings, o.unread()...)
}

// judge says how one installation stands, in the order in which a call meets
// its parts.
func (i *Installation) judge(o *Observation) []Finding {
	if i.absent() {
		return []Finding{{
			Error, NoInstallation, "revision " + revisionName(i.Revision),
			"there is neither a webhook configuration " + i.Name + " nor a Service or Deployment " + i.Namespace + "/" + i.Name,
			"install it (docs/install.md), or say with -n and --revision where it is",
		}}
	}
	var findings []Finding
	findings = append(findings, i.judgeWebhook()...)
	findings = append(findings, i.judgeService()...)
	findings = append(findings, i.judgeVersions(o.Command)...)
	findings = append(findings, i.judgeCertificates(o)...)
	return append(findings, i.judgeConfiguration(o)...)
}

// unread tells of the kinds that could not be listed.
func (o *Observation) unread() []Finding {
	var findings []Finding
	if o.WebhooksErr != nil {
		findings = append(findings, notLookedAt("MutatingWebhookConfigurations", o.WebhooksErr))
	}
	if o.Namespaces.Err != nil {
		findings = append(findings, notLookedAt("namespaces", o.Namespaces.Err))
	}
	if o.Deployments.Err != nil {
		findings = append(findings, notLookedAt("Deployments of Outrigger", o.Deployments.Err))
	}
	return findings
}

func notLookedAt(subject string, err error) Finding {
	f := Finding{Warning, NotLookedAt, subject, "not looked at: " + err.Error(), ""}
	if apierrors.IsForbidden(err) {
		f.Next = "run it with the rights that docs/troubleshooting.md lists"
	}
	return f
}
