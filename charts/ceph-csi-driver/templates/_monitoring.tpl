{{/* The Service that csi_liveness is scraped by: list ROOT VALUES-OF-THE-COMPONENT FULLNAME */}}
{{- define "ceph-csi.metricsService" -}}
{{- $root := index . 0 }}
{{- $component := index . 1 }}
{{- $fullname := index . 2 }}
{{- with $component.httpMetrics.service }}
{{- if and $component.httpMetrics.enabled .enabled }}
apiVersion: v1
kind: Service
metadata:
  name: {{ $fullname }}-http-metrics
  namespace: {{ $root.Release.Namespace }}
  labels:
    {{- /* app is ceph-csi's exception, which monitors out there select by */}}
    {{- merge (dict "app" (include "ceph-csi.fullname" $root)) (include "ceph-csi.componentLabels" (list $root $component) | fromYaml) | toYaml | nindent 4 }}
  {{- include "ceph-csi.annotations" . | nindent 2 }}
spec:
  type: {{ .type }}
  {{- with .clusterIP }}
  clusterIP: {{ . }}
  {{- end }}
  {{- with .externalIPs }}
  externalIPs:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .loadBalancerIP }}
  loadBalancerIP: {{ . }}
  {{- end }}
  {{- with .loadBalancerSourceRanges }}
  loadBalancerSourceRanges:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  ports:
    - name: http-metrics
      port: {{ .servicePort }}
      targetPort: {{ $component.httpMetrics.containerPort }}
  selector:
    {{- include "ceph-csi.selector" (list $root $component) | nindent 4 }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "ceph-csi.monitorMetadata" -}}
{{- $monitor := index . 2 -}}
name: {{ index . 1 }}
namespace: {{ (index . 0).Release.Namespace }}
labels:
  {{- merge (deepCopy $monitor.labels) (include "ceph-csi.labels" (index . 0) | fromYaml) | toYaml | nindent 2 }}
{{ include "ceph-csi.annotations" $monitor | trim }}
{{- end -}}

{{/* http or https, as the driver and its liveness container serve. */}}
{{- define "ceph-csi.scrapeScheme" -}}
{{- if .Values.driverMetrics.tlsSecret }}
scheme: https
tlsConfig:
  # Pods are scraped by their addresses, which no certificate has.
  insecureSkipVerify: true
{{- end }}
{{- end -}}

{{- define "ceph-csi.servicemonitor" -}}
{{- $monitor := .Values.monitoring.serviceMonitor }}
{{- if $monitor.enabled }}
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata:
  {{- include "ceph-csi.monitorMetadata" (list . (include "ceph-csi.fullname" .) $monitor) | nindent 2 }}
spec:
  namespaceSelector:
    matchNames: [{{ .Release.Namespace }}]
  selector:
    matchLabels:
      app: {{ include "ceph-csi.fullname" . }}
      release: {{ .Release.Name }}
  endpoints:
    - port: http-metrics
      path: /metrics
      interval: {{ $monitor.interval }}
      {{- include "ceph-csi.scrapeScheme" . | nindent 6 }}
{{- end }}
{{- end -}}

{{- define "ceph-csi.podmonitor" -}}
{{- $monitor := .Values.monitoring.podMonitor }}
{{- if $monitor.enabled }}
apiVersion: monitoring.coreos.com/v1
kind: PodMonitor
metadata:
  {{- include "ceph-csi.monitorMetadata" (list . (include "ceph-csi.fullname" .) $monitor) | nindent 2 }}
spec:
  namespaceSelector:
    matchNames: [{{ .Release.Namespace }}]
  selector:
    matchLabels:
      app: {{ include "ceph-csi.name" . }}
      release: {{ .Release.Name }}
  podMetricsEndpoints:
    - port: driver-metrics
      path: /metrics
      interval: {{ $monitor.interval }}
      {{- include "ceph-csi.scrapeScheme" . | nindent 6 }}
    {{- range $sidecar := list "provisioner" "resizer" "snapshotter" "attacher" }}
    {{- if dig $sidecar "args" "httpEndpointPort" "" $.Values.provisioner }}
    - port: {{ $sidecar }}
      path: /metrics
      interval: {{ $monitor.interval }}
    {{- end }}
    {{- end }}
{{- end }}
{{- end -}}

{{- define "ceph-csi.dashboard" -}}
{{- $dashboard := .Values.monitoring.dashboard }}
{{- if $dashboard.enabled }}
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ include "ceph-csi.fullname" . }}-dashboard
  namespace: {{ $dashboard.namespace | default .Release.Namespace }}
  labels:
    {{- merge (deepCopy $dashboard.labels) (include "ceph-csi.labels" . | fromYaml) | toYaml | nindent 4 }}
  {{- include "ceph-csi.annotations" $dashboard | nindent 2 }}
data:
  {{- $board := .Files.Get "files/dashboard.json" | fromJson }}
  {{- $panels := list }}
  {{- range $board.panels }}
  {{- /* "only" is ours: the driver that has such metrics */}}
  {{- if has .only (list nil (include "ceph-csi.driver" $)) }}
  {{- $panels = append $panels (omit . "only") }}
  {{- end }}
  {{- end }}
  {{ include "ceph-csi.name" . }}.json: |-
    {{- include "ceph-csi.monitored" (list . (set $board "panels" $panels | toRawJson)) | nindent 4 }}
{{- end }}
{{- end -}}

{{/* A text about what is monitored, for this release: list ROOT TEXT. Its own variables are Grafana's. */}}
{{- define "ceph-csi.monitored" -}}
{{- $root := index . 0 -}}
{{- $liveness := printf "%s-http-metrics|%s-http-metrics" (include "ceph-csi.nodeplugin" $root) (include "ceph-csi.provisioner" $root) -}}
{{- index . 1 | replace "$chart" (include "ceph-csi.name" $root) | replace "$driver" $root.Values.driverName
  | replace "$namespace" $root.Release.Namespace | replace "$liveness" $liveness -}}
{{- end -}}

{{- define "ceph-csi.prometheusrule" -}}
{{- $rule := .Values.monitoring.prometheusRule }}
{{- if $rule.enabled }}
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  {{- include "ceph-csi.monitorMetadata" (list . (include "ceph-csi.fullname" .) $rule) | nindent 2 }}
spec:
  groups:
    - name: {{ include "ceph-csi.fullname" . }}
      rules:
        {{- range .Files.Get "files/alerts.yaml" | fromYamlArray }}
        {{- if has .only (list nil (include "ceph-csi.driver" $)) }}
        {{- $query := include "ceph-csi.monitored" (list $ (.query | replace "\n" " ")) }}
        - alert: {{ .alert }}
          expr: {{ printf "%s %s" $query .fires | toJson }}
          for: {{ .for }}
          labels:
            {{- merge (deepCopy $rule.extraLabels) (dict "severity" .severity) | toYaml | nindent 12 }}
          annotations:
            summary: {{ .summary | toJson }}
            runbook_url: {{ printf "%s#%s" $rule.runbookUrl (lower .alert) }}
        {{- end }}
        {{- end }}
{{- end }}
{{- end -}}

{{- define "ceph-csi.pdb" -}}
{{- $p := .Values.provisioner }}
{{- if and $p.podDisruptionBudget.enabled (gt (int $p.replicaCount) 1) }}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  {{- include "ceph-csi.metadata" (list . (include "ceph-csi.provisioner" .) $p) | nindent 2 }}
spec:
  maxUnavailable: {{ $p.podDisruptionBudget.maxUnavailable }}
  selector:
    matchLabels:
      {{- include "ceph-csi.selector" (list . $p) | nindent 6 }}
{{- end }}
{{- end -}}

{{- define "ceph-csi.networkpolicy" -}}
{{- $p := .Values.provisioner }}
{{- if .Values.networkPolicy.enabled }}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  {{- include "ceph-csi.metadata" (list . (include "ceph-csi.provisioner" .) $p) | nindent 2 }}
spec:
  podSelector:
    matchLabels:
      {{- include "ceph-csi.selector" (list . $p) | nindent 6 }}
  # Out it may go anywhere: to the API server, and to monitors and OSDs wherever these are.
  policyTypes: [Ingress]
  {{- with include "ceph-csi.metricsPorts" . | fromJsonArray }}
  ingress:
    - ports:
        {{- range . }}
        - {port: {{ . }}, protocol: TCP}
        {{- end }}
  {{- end }}
{{- end }}
{{- end -}}

{{/* As a JSON list, the ports on which the provisioner's pods answer for metrics. */}}
{{- define "ceph-csi.metricsPorts" -}}
{{- $ports := list -}}
{{- if .Values.provisioner.httpMetrics.enabled -}}{{- $ports = append $ports (int .Values.provisioner.httpMetrics.containerPort) -}}{{- end -}}
{{- if .Values.driverMetrics.enabled -}}{{- $ports = append $ports (int .Values.driverMetrics.provisionerPort) -}}{{- end -}}
{{- range list "provisioner" "resizer" "snapshotter" "attacher" -}}
{{- with dig . "args" "httpEndpointPort" "" $.Values.provisioner -}}{{- $ports = append $ports (int .) -}}{{- end -}}
{{- end -}}
{{- toJson $ports -}}
{{- end -}}
