{{- /* "" for the default revision, else what names end with. */}}
{{- define "outrigger.suffix" -}}
{{- if and .Values.revision (ne .Values.revision "default") }}-{{ .Values.revision }}{{ end -}}
{{- end }}

{{- /* Name of most objects. It follows the revision and not the release: `outrigger serve` expects it, and a second
release of one revision would send every pod through two webhooks. */}}
{{- define "outrigger.name" -}}
outrigger{{ include "outrigger.suffix" . }}
{{- end }}

{{- define "outrigger.selectorLabels" -}}
app.kubernetes.io/name: outrigger
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- /* Not istio.io/rev: Istio's control plane rewrites webhook configurations with that label. */}}
outrigger.io/revision: {{ .Values.revision | default "default" | quote }}
{{- end }}

{{- define "outrigger.ownLabels" -}}
{{ include "outrigger.selectorLabels" . }}
app.kubernetes.io/component: injector
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "outrigger.labels" -}}
{{ include "outrigger.labelsWith" (list . dict) }}
{{- end }}

{{- /* Labels with more of one object, of which none comes twice: the chart's own count first, those of all last. */}}
{{- define "outrigger.labelsWith" -}}
{{- $root := index . 0 -}}
{{ toYaml (merge (fromYaml (include "outrigger.ownLabels" $root)) (index . 1) $root.Values.commonLabels) }}
{{- end }}

{{- define "outrigger.image" -}}
{{- with .Values.image -}}
{{ .repository }}{{ if .digest }}@{{ .digest }}{{ else }}:{{ .tag | default $.Chart.AppVersion }}{{ end }}
{{- end }}
{{- end }}

{{- /* The ConfigMaps that are followed, and their namespace. */}}
{{- define "outrigger.configNamespace" -}}
{{- if eq .Values.configuration.source "mesh" }}{{ .Values.configuration.namespace }}{{ else }}{{ .Release.Namespace }}{{ end }}
{{- end }}

{{- define "outrigger.injectorConfigMap" -}}
{{- if eq .Values.configuration.source "mesh" -}}
{{ .Values.configuration.injectorConfigMap | default (printf "istio-sidecar-injector%s" (include "outrigger.suffix" .)) }}
{{- else -}}
outrigger-config{{ include "outrigger.suffix" . }}
{{- end }}
{{- end }}

{{- define "outrigger.meshConfigMap" -}}
{{- if eq .Values.configuration.source "mesh" -}}
{{ .Values.configuration.meshConfigMap | default (printf "istio%s" (include "outrigger.suffix" .)) }}
{{- else -}}
outrigger-config{{ include "outrigger.suffix" . }}
{{- end }}
{{- end }}

{{- /* The Secret, Lease or Certificate of each certMode. No two modes share a name, so that one can follow the other. */}}
{{- define "outrigger.caSecret" -}}
outrigger-ca{{ include "outrigger.suffix" . }}
{{- end }}

{{- define "outrigger.lease" -}}
outrigger-certs{{ include "outrigger.suffix" . }}
{{- end }}

{{- define "outrigger.tlsSecret" -}}
{{- if eq .Values.certMode "files" -}}
{{ required "certFiles.secretName is required with certMode files" .Values.certFiles.secretName }}
{{- else -}}
outrigger-tls{{ include "outrigger.suffix" . }}
{{- end }}
{{- end }}
