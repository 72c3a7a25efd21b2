{{- /* Which pods it matches is explained, and checked against this, where the program builds the same object:
WebhookConfiguration in pkg/webhook. */}}
{{- define "outrigger.webhookConfiguration" -}}
{{- $revisions := prepend .Values.revisionTags (.Values.revision | default "default") | uniq }}
{{- $default := has "default" $revisions }}
{{- if and .Values.enableNamespacesByDefault (not $default) }}
{{- fail "enableNamespacesByDefault is for the default revision, or for one with the tag default among its revisionTags" }}
{{- end }}
{{- $notRefused := dict "key" "sidecar.istio.io/inject" "operator" "NotIn" "values" (list "false") }}
{{- $noInjection := dict "key" "istio-injection" "operator" "DoesNotExist" }}
{{- $noRevision := dict "key" "istio.io/rev" "operator" "DoesNotExist" }}
{{- $thisRevision := dict "key" "istio.io/rev" "operator" "In" "values" $revisions }}
{{- $closed := include "outrigger.beginsClosed" . }}
{{- $all := dict "root" $ "closed" $closed }}
{{- /* Argo CD makes it when the replicas are healthy, and deletes it before them. */}}
{{- $annotations := dict "argocd.argoproj.io/sync-wave" "1" }}
{{- if $closed }}
{{- $_ := set $annotations "outrigger.io/begins-closed" "true" }}
{{- end }}
{{- if and (eq .Values.certMode "cert-manager") (not .Values.webhook.url) }}
{{- $_ := set $annotations "cert-manager.io/inject-ca-from" (printf "%s/%s" .Release.Namespace (include "outrigger.name" .)) }}
{{- end -}}
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata:
  name: {{ include "outrigger.name" . }}
  labels:
    {{- include "outrigger.labelsWith" (list . .Values.webhook.labels) | nindent 4 }}
  annotations:
    {{- toYaml (merge (deepCopy .Values.webhook.annotations) $annotations) | nindent 4 }}
webhooks:
  {{- include "outrigger.webhook" (merge (dict "prefix" "rev.namespace"
        "namespaces" (list $thisRevision $noInjection)
        "pods" (list $notRefused)) $all) | nindent 2 }}
  {{- include "outrigger.webhook" (merge (dict "prefix" "rev.object"
        "namespaces" (list $noRevision $noInjection)
        "pods" (list $thisRevision $notRefused)) $all) | nindent 2 }}
  {{- if $default }}
  {{- include "outrigger.webhook" (merge (dict "prefix" "namespace"
        "namespaces" (list (dict "key" "istio-injection" "operator" "In" "values" (list "enabled")))
        "pods" (list $notRefused)) $all) | nindent 2 }}
  {{- include "outrigger.webhook" (merge (dict "prefix" "object"
        "namespaces" (list $noRevision $noInjection)
        "pods" (list (dict "key" "sidecar.istio.io/inject" "operator" "In" "values" (list "true")) $noRevision)) $all) | nindent 2 }}
  {{- if .Values.enableNamespacesByDefault }}
  {{- include "outrigger.webhook" (merge (dict "prefix" "auto"
        "namespaces" (list $noRevision $noInjection)
        "pods" (list (dict "key" "sidecar.istio.io/inject" "operator" "NotIn" "values" (list "true" "false")) $noRevision)) $all) | nindent 2 }}
  {{- end }}
  {{- end }}
{{- end }}

{{- /*
Whether entries begin without rules, and so match nothing, until a replica adds them: it does when calls can succeed. All
manifests of a release are the same in this, also those that a rollback brings back, for rules that one has and the next
one lacks would be taken away, and pods come without sidecars meanwhile. So a release from before it was so keeps its rules.
*/}}
{{- define "outrigger.beginsClosed" -}}
{{- if and (eq .Values.certMode "self") (not .Values.webhook.url) }}
{{- $there := lookup "admissionregistration.k8s.io/v1" "MutatingWebhookConfiguration" "" (include "outrigger.name" .) }}
{{- if or (not $there) (dig "metadata" "annotations" "outrigger.io/begins-closed" "" $there) }}true{{ end }}
{{- end }}
{{- end }}

{{- /* One entry: all of them differ in name and selectors only. */}}
{{- define "outrigger.webhook" }}
{{- $root := .root -}}
{{- $settings := $root.Values.webhook -}}
- name: {{ .prefix }}.sidecar-injector.outrigger.io
  clientConfig:
    {{- if $settings.url }}
    url: {{ $settings.url | quote }}
    {{- with $settings.caBundle }}
    caBundle: {{ . | b64enc }}
    {{- end }}
    {{- else }}
    service:
      namespace: {{ $root.Release.Namespace | quote }}
      name: {{ include "outrigger.name" $root }}
      port: 443
      path: {{ $settings.path | quote }}
    {{- /* With the other modes it belongs to who keeps it: an upgrade that named it here would take it away. */}}
    {{- if and (eq $root.Values.certMode "files") $root.Values.certFiles.caBundle }}
    caBundle: {{ $root.Values.certFiles.caBundle | b64enc }}
    {{- end }}
    {{- end }}
  namespaceSelector:
    matchExpressions:
      {{- toYaml .namespaces | nindent 6 }}
      - key: kubernetes.io/metadata.name
        operator: NotIn
        values: {{ concat (list "kube-system" "kube-public" "kube-node-lease" $root.Release.Namespace) $settings.neverNamespaces | uniq | toJson }}
      {{- with $settings.namespaceSelector }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
  objectSelector:
    matchExpressions:
      {{- toYaml .pods | nindent 6 }}
      {{- with $settings.objectSelector }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
  {{- if not .closed }}
  rules:
    - operations: [CREATE]
      apiGroups: [""]
      apiVersions: [v1]
      resources: [pods]
      scope: Namespaced
  {{- end }}
  matchConditions:
    {{- if not $settings.enabled }}
    - name: enabled
      expression: "false"
    {{- end }}
    - name: not-host-network
      expression: "!has(object.spec.hostNetwork) || !object.spec.hostNetwork"
    - name: not-windows
      expression: "object.spec.?os.?name.orValue('') != 'windows' && object.spec.?nodeSelector[?'kubernetes.io/os'].orValue('') != 'windows'"
  reinvocationPolicy: {{ $settings.reinvocationPolicy }}
  failurePolicy: {{ $settings.failurePolicy }}
  matchPolicy: Equivalent
  sideEffects: None
  timeoutSeconds: {{ $settings.timeoutSeconds }}
  admissionReviewVersions: [v1, v1beta1]
{{- end }}
