package cluster

import (
	certmanagerv1 "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	eventsv1 "k8s.io/api/events/v1"
	networkingv1 "k8s.io/api/networking/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
)

// Scheme knows the kinds that Outrigger works with.
func Scheme() *runtime.Scheme {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		corev1.AddToScheme, admissionv1.AddToScheme, appsv1.AddToScheme, batchv1.AddToScheme, discoveryv1.AddToScheme, eventsv1.AddToScheme,
		authorizationv1.AddToScheme, networkingv1.AddToScheme, certmanagerv1.AddToScheme, apiextensionsv1.AddToScheme, addProxyConfigs,
	} {
		utilruntime.Must(add(scheme)) // fails only where two kinds have one name
	}
	return scheme
}

// Mapper knows the resources of those kinds. An API server need not be asked for
// them, which may be away when a process starts.
func Mapper() meta.RESTMapper {
	mapper := meta.NewDefaultRESTMapper(nil)
	for version, kinds := range map[schema.GroupVersion]map[string]meta.RESTScope{
		corev1.SchemeGroupVersion: {
			"ConfigMap": meta.RESTScopeNamespace, "Pod": meta.RESTScopeNamespace, "Secret": meta.RESTScopeNamespace,
			"Service": meta.RESTScopeNamespace, "Namespace": meta.RESTScopeRoot, "Node": meta.RESTScopeRoot,
		},
		admissionv1.SchemeGroupVersion: {"MutatingWebhookConfiguration": meta.RESTScopeRoot},
		appsv1.SchemeGroupVersion: {
			"Deployment": meta.RESTScopeNamespace, "StatefulSet": meta.RESTScopeNamespace, "DaemonSet": meta.RESTScopeNamespace,
		},
		batchv1.SchemeGroupVersion:         {"CronJob": meta.RESTScopeNamespace},
		authorizationv1.SchemeGroupVersion: {"SelfSubjectAccessReview": meta.RESTScopeRoot},
		networkingv1.SchemeGroupVersion:    {"NetworkPolicy": meta.RESTScopeNamespace},
		discoveryv1.SchemeGroupVersion:     {"EndpointSlice": meta.RESTScopeNamespace},
		eventsv1.SchemeGroupVersion:        {"Event": meta.RESTScopeNamespace},
		apiextensionsv1.SchemeGroupVersion: {"CustomResourceDefinition": meta.RESTScopeRoot},
		ProxyConfigs:                       {"ProxyConfig": meta.RESTScopeNamespace},
		certmanagerv1.SchemeGroupVersion: {
			"Certificate": meta.RESTScopeNamespace, "Issuer": meta.RESTScopeNamespace, "ClusterIssuer": meta.RESTScopeRoot,
		},
	} {
		for kind, scope := range kinds {
			mapper.Add(version.WithKind(kind), scope)
		}
	}
	return mapper
}
