{{- define "outrigger.service" -}}
apiVersion: v1
kind: Service
metadata:
  name: {{ include "outrigger.name" . }}
  namespace: {{ .Release.Namespace | quote }}
  labels:
    {{- include "outrigger.labels" . | nindent 4 }}
spec:
  selector:
    {{- include "outrigger.selectorLabels" . | nindent 4 }}
  ports:
    - name: https-webhook
      port: 443
      targetPort: webhook
      protocol: TCP
    - name: http-metrics
      port: 15014
      targetPort: metrics
      protocol: TCP
{{- end }}
