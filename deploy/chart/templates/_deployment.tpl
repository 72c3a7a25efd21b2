{{- define "outrigger.deployment" -}}
{{- $files := ne .Values.certMode "self" }}
{{- $callers := or .Values.clientCA.configMapName .Values.clientCA.secretName }}
{{- $several := gt (int (ternary .Values.autoscaling.minReplicas .Values.replicas .Values.autoscaling.enabled)) 1 -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "outrigger.name" . }}
  namespace: {{ .Release.Namespace | quote }}
  labels:
    {{- include "outrigger.labels" . | nindent 4 }}
spec:
  {{- if not .Values.autoscaling.enabled }}
  replicas: {{ .Values.replicas }}
  {{- end }}
  revisionHistoryLimit: 3
  # As long as it takes every node to hear of a new replica, and the first one to have pods sent. And so that a replica has
  # ended before the next is told to: an API server that the next one sends away turns to connections which it has not used
  # for long, and should find none that is just being closed.
  minReadySeconds: {{ max 3 (add1 .Values.shutdownDelaySeconds) }}
  selector:
    matchLabels:
      {{- include "outrigger.selectorLabels" . | nindent 6 }}
  strategy:
    rollingUpdate:
      {{- if and .Values.hostNetwork $several }}
      # A successor beside it would want the same ports, and a node of its own: the others answer until it is there.
      maxUnavailable: 1
      maxSurge: 0
      {{- else }}
      # A replica goes only when its successor answers.
      maxUnavailable: 0
      maxSurge: 1
      {{- end }}
  template:
    metadata:
      labels:
        {{- /* No injector, this one or another, may make the injector wait for itself. */}}
        {{- include "outrigger.labelsWith" (list . (merge (dict "sidecar.istio.io/inject" "false") .Values.podLabels)) | nindent 8 }}
      {{- with .Values.podAnnotations }}
      annotations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
    spec:
      serviceAccountName: {{ include "outrigger.name" . }}
      {{- with .Values.priorityClassName }}
      priorityClassName: {{ . | quote }}
      {{- end }}
      {{- if .Values.hostNetwork }}
      hostNetwork: true
      {{- end }}
      {{- with .Values.dnsPolicy | default (ternary "ClusterFirstWithHostNet" "" .Values.hostNetwork) }}
      dnsPolicy: {{ . }}
      {{- end }}
      {{- with .Values.imagePullSecrets }}
      imagePullSecrets:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      securityContext:
        runAsNonRoot: true
        seccompProfile:
          type: RuntimeDefault
      # The delay, and then as long as an API server waits for an answer at most.
      terminationGracePeriodSeconds: {{ add .Values.shutdownDelaySeconds 35 }}
      containers:
        - name: outrigger
          image: {{ include "outrigger.image" . | quote }}
          imagePullPolicy: {{ .Values.image.pullPolicy }}
          args:
            - serve
            {{- if .Values.revision }}
            - {{ printf "--revision=%s" .Values.revision | quote }}
            {{- end }}
            {{- if eq .Values.configuration.source "profile" }}
            - {{ printf "--profile=%s" .Values.configuration.profile | quote }}
            {{- else }}
            - {{ printf "--config-namespace=%s" (include "outrigger.configNamespace" .) | quote }}
            - --injector-config-map={{ include "outrigger.injectorConfigMap" . }}
            - --mesh-config-map={{ include "outrigger.meshConfigMap" . }}
            {{- end }}
            - --native-sidecars={{ .Values.nativeSidecars }}
            {{- with .Values.platform }}
            - --platform={{ . }}
            {{- end }}
            - --bind-address=:{{ .Values.ports.webhook }}
            - --metrics-bind-address=:{{ .Values.ports.metrics }}
            - --service-name={{ include "outrigger.name" . }}
            - {{ printf "--cluster-domain=%s" .Values.clusterDomain | quote }}
            - --cert-mode={{ .Values.certMode }}
            {{- if $files }}
            - --tls-cert-file=/etc/outrigger/tls/tls.crt
            - --tls-key-file=/etc/outrigger/tls/tls.key
            {{- if eq .Values.certMode "cert-manager" }}
            - --tls-ca-file=/etc/outrigger/tls/ca.crt
            {{- end }}
            {{- else }}
            - --webhook-config={{ include "outrigger.name" . }}
            - --cert-secret={{ include "outrigger.caSecret" . }}
            - --cert-lease={{ include "outrigger.lease" . }}
            - --ca-lifetime={{ .Values.certSelf.caLifetime }}
            - --leaf-lifetime={{ .Values.certSelf.leafLifetime }}
            - --ca-propagation={{ .Values.certSelf.caPropagation }}
            {{- end }}
            {{- if $callers }}
            - --client-ca-file=/etc/outrigger/client-ca/{{ .Values.clientCA.key }}
            {{- end }}
            - --shutdown-delay={{ .Values.shutdownDelaySeconds }}s
            - --log-format={{ .Values.logFormat }}
            - --log-level={{ .Values.logLevel }}
            {{- with .Values.extraArgs }}
            {{- toYaml . | nindent 12 }}
            {{- end }}
          env:
            - name: POD_NAMESPACE
              valueFrom:
                fieldRef:
                  fieldPath: metadata.namespace
            {{- if dig "limits" "memory" "" .Values.resources }}
            # The program leaves some of it to what is not Go's.
            - name: GOMEMLIMIT
              valueFrom:
                resourceFieldRef:
                  containerName: outrigger
                  resource: limits.memory
            {{- end }}
          ports:
            - name: webhook
              containerPort: {{ .Values.ports.webhook }}
              protocol: TCP
            - name: metrics
              containerPort: {{ .Values.ports.metrics }}
              protocol: TCP
          # In plain HTTP, which answers before there is a certificate and says what it waits for.
          readinessProbe:
            httpGet:
              path: /readyz
              port: metrics
            periodSeconds: 2
            timeoutSeconds: 2
            failureThreshold: 2
          livenessProbe:
            httpGet:
              path: /healthz
              port: metrics
            initialDelaySeconds: 10
            periodSeconds: 10
            timeoutSeconds: 5
            failureThreshold: 6
          {{- with .Values.resources }}
          resources:
            {{- toYaml . | nindent 12 }}
          {{- end }}
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities:
              drop: [ALL]
          {{- if or $files $callers }}
          volumeMounts:
            {{- if $files }}
            - name: tls
              mountPath: /etc/outrigger/tls
              readOnly: true
            {{- end }}
            {{- if $callers }}
            - name: client-ca
              mountPath: /etc/outrigger/client-ca
              readOnly: true
            {{- end }}
          {{- end }}
      {{- if or $files $callers }}
      volumes:
        {{- if $files }}
        - name: tls
          secret:
            secretName: {{ include "outrigger.tlsSecret" . | quote }}
        {{- end }}
        {{- with .Values.clientCA.configMapName }}
        - name: client-ca
          configMap:
            name: {{ . | quote }}
        {{- end }}
        {{- with .Values.clientCA.secretName }}
        - name: client-ca
          secret:
            secretName: {{ . | quote }}
        {{- end }}
      {{- end }}
      {{- with .Values.nodeSelector }}
      nodeSelector:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with .Values.affinity }}
      affinity:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with .Values.tolerations }}
      tolerations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- if or .Values.topologySpread.nodes .Values.topologySpread.zones }}
      topologySpreadConstraints:
        {{- with .Values.topologySpread.nodes }}
        - topologyKey: kubernetes.io/hostname
          {{- include "outrigger.spread" (list $ .) | nindent 10 }}
        {{- end }}
        {{- with .Values.topologySpread.zones }}
        - topologyKey: topology.kubernetes.io/zone
          {{- include "outrigger.spread" (list $ .) | nindent 10 }}
        {{- end }}
      {{- end }}
{{- end }}

{{- define "outrigger.spread" -}}
maxSkew: 1
whenUnsatisfiable: {{ index . 1 }}
labelSelector:
  matchLabels:
    {{- include "outrigger.selectorLabels" (index . 0) | nindent 4 }}
# Else the replicas of before an update would count.
matchLabelKeys: [pod-template-hash]
{{- end }}
